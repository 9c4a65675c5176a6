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
 * completely, so that a graph drawn from it shows what the code does and nothing else. One sorted list for each naming.
 * @throws RangeError when a world has no fixpoint or violates a property.
 */
export function transitionsOf(name: string, worlds: readonly WorldSpec[], namings: readonly Naming[]): Transition[][] {
  const found = namings.map(() => new Map<string, Transition>());
  const note = (naming: number, transition: Transition): void => {
    if (transition.from !== transition.to) found[naming]!.set(Object.values(transition).join('|'), transition);
  };
  for (const world of worlds) {
    const { fixpoint, violations } = explore(worldModel(watched(world, name, namings, note)));
    if (!fixpoint || violations.length > 0) {
      throw new RangeError(`${world.name} was not explored to the end: ${violations[0]?.message ?? 'too many states'}`);
    }
  }
  return found.map((each) =>
    [...each.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, transition]) => transition),
  );
}

type Note = (naming: number, transition: Transition) => void;

function watched(world: WorldSpec, name: string, namings: readonly Naming[], note: Note): WorldSpec {
  const nodes = world.nodes.map((node) => ({
    ...node,
    parts: node.parts.map((part): Part => {
      if (part.kernel.name !== name) return part;
      return { ...part, kernel: noting(part.kernel, namings, note) };
    }),
  }));
  return { ...world, nodes };
}

function noting(
  kernel: Kernel<unknown, KernelEvent, unknown>,
  namings: readonly Naming[],
  note: Note,
): Kernel<unknown, KernelEvent, unknown> {
  return {
    ...kernel,
    step(state, event, env, out) {
      const before = namings.map((naming) => naming(state));
      kernel.step(state, event, env, out);
      const column = kernel.column(event);
      for (const [index, naming] of namings.entries()) {
        const after = naming(state);
        for (const [place, from] of before[index]!.entries()) note(index, { from, to: after[place]!, event: column });
      }
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
