import type { Kernel, KernelEvent } from '@holdfast/kernel';
import { explore, type Part, type WorldSpec, worldModel } from '@holdfast/simulation';

/** `from` turned into `to` because of `event`. */
export interface Transition {
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

/** How a kernel's states are named in its graph: one name, or one for each of several parts of the state. */
export type Naming = (state: unknown) => readonly string[];

/**
 * Every transition between named states that the kernel called `name` takes in `worlds`, found by exploring them
 * completely, so that a graph drawn from it shows what the code does and nothing else. Sorted.
 * @throws RangeError when a world has no fixpoint or violates a property.
 */
export function transitionsOf(name: string, worlds: readonly WorldSpec[], naming: Naming): Transition[] {
  const found = new Map<string, Transition>();
  const note = (transition: Transition): void => {
    if (transition.from !== transition.to) found.set(Object.values(transition).join('|'), transition);
  };
  for (const world of worlds) {
    const { fixpoint, violations } = explore(worldModel(watched(world, name, naming, note)));
    if (!fixpoint || violations.length > 0) {
      throw new RangeError(`${world.name} was not explored to the end: ${violations[0]?.message ?? 'too many states'}`);
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, transition]) => transition);
}

function watched(world: WorldSpec, name: string, naming: Naming, note: (transition: Transition) => void): WorldSpec {
  const nodes = world.nodes.map((node) => ({
    ...node,
    parts: node.parts.map((part): Part => {
      if (part.kernel.name !== name) return part;
      return { ...part, kernel: noting(part.kernel, naming, note) };
    }),
  }));
  return { ...world, nodes };
}

function noting(
  kernel: Kernel<unknown, KernelEvent, unknown>,
  naming: Naming,
  note: (transition: Transition) => void,
): Kernel<unknown, KernelEvent, unknown> {
  return {
    ...kernel,
    step(state, event, env, out) {
      const before = naming(state);
      kernel.step(state, event, env, out);
      const after = naming(state);
      for (const [index, from] of before.entries()) note({ from, to: after[index]!, event: kernel.column(event) });
    },
  };
}

/** A Mermaid state diagram: one arrow for each pair of states, labelled with the events that lead along it. */
export function mermaidOf(transitions: readonly Transition[]): string {
  const arrows = new Map<string, string[]>();
  for (const { from, to, event } of transitions) {
    const arrow = `${from} --> ${to}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
  }
  const lines = [...arrows.entries()].map(([arrow, events]) => `  ${arrow}: ${events.join(', ')}`);
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');
}
