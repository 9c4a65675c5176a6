import {
  always,
  type CallSpec,
  explore,
  mesh,
  type NodeSpec,
  parallelLinks,
  part,
  type WorldSpec,
  type WorldView,
  worldModel,
} from '../../src/index.ts';
import { type RecorderEffect, type RecorderState, recorder } from './recorder.ts';

export interface RecorderHooks {
  /** Hear of links going up and down. */
  readonly links?: boolean;
  /** Hear of starts. */
  readonly starts?: boolean;
  /** Hear of links and take back what a crashed node did not receive. */
  readonly takesBack?: boolean;
  readonly wantsBack?: (message: string) => boolean;
}

export function recorderNode(name: string, ports: readonly number[], hooks: RecorderHooks = {}): NodeSpec {
  return {
    name,
    parts: [
      part({
        name: 'recorder',
        kernel: recorder,
        env: () => undefined,
        ports,
        message: (port, value: string) => ({ type: 'message', port, value }) as const,
        timer: (timer) => ({ type: 'timer', timer }) as const,
        disk: (op, result) => ({ type: 'disk', op, result }) as const,
        ...(hooks.links && { link: (port, up) => ({ type: 'link', port, up }) as const }),
        ...(hooks.takesBack && {
          link: (port: number, up: boolean, undelivered: readonly string[]) =>
            ({ type: 'link', port, up, undelivered }) as const,
          takesBack: true,
          ...(hooks.wantsBack && { wantsBack: hooks.wantsBack }),
        }),
        ...(hooks.starts && { start: (incarnation) => ({ type: 'start', incarnation }) as const }),
      }),
    ],
  };
}

export const does = (node: number, ...effects: RecorderEffect[]): CallSpec => ({
  label: `does ${effects.map((effect) => effect.kind).join(' ')}`,
  node,
  part: 0,
  times: 1,
  event: () => ({ type: 'do', effects }),
});

export const sends = (node: number, to: number, ...values: string[]): CallSpec =>
  does(node, ...values.map((value) => ({ kind: 'send' as const, to, value })));

export const logOf = (view: WorldView, node: number): readonly string[] => view.state<RecorderState>(node, 0).log;

/** Two recorders with one link between them, port 0 at both ends. */
export function pair(spec: Partial<WorldSpec>, hooks: RecorderHooks = {}): WorldSpec {
  return {
    name: 'pair',
    nodes: [recorderNode('a', [0], hooks), recorderNode('b', [0], hooks)],
    links: parallelLinks(1),
    calls: [],
    final: () => true,
    ...spec,
  };
}

/** One recorder alone, with its disk. */
export function alone(spec: Partial<WorldSpec>, hooks: RecorderHooks = {}): WorldSpec {
  return {
    name: 'alone',
    nodes: [recorderNode('a', [], hooks)],
    links: mesh(1),
    calls: [],
    final: () => true,
    ...spec,
  };
}

/** Every log the recorder of `node` can have, over all reachable states: lines joined by commas. */
export function reachableLogs(spec: WorldSpec, node: number): Set<string> {
  return reachable(spec, (view) => logOf(view, node).join(','));
}

/** What `look` answers over all reachable states. */
export function reachable<Seen>(spec: WorldSpec, look: (view: WorldView) => Seen): Set<Seen> {
  const seen = new Set<Seen>();
  const spy = always<WorldView>('spy', (view) => {
    seen.add(look(view));
    return undefined;
  });
  const result = explore(worldModel({ ...spec, properties: [...(spec.properties ?? []), spy] }));
  if (!result.fixpoint) throw new Error(`no fixpoint: ${JSON.stringify(result.violations)}`);
  return seen;
}
