import type { Property } from '../explorer/model.ts';
import type { Observation, ObservedKind } from '../world/monitor.ts';
import type { WorldSpec } from '../world/spec.ts';
import type { WorldView } from '../world/view.ts';

/**
 * `error`: a kernel threw. `liveness`: the core did not converge once faults had stopped. `ending`: it did, and what must
 * be true then is not.
 */
export interface SimulatedViolation {
  readonly kind: 'always' | 'quiescent' | 'liveness' | 'ending' | 'error';
  readonly property: string;
  readonly message: string;
}

/** Feeds the monitors of a world and looks at its properties while a simulation runs. */
export class Referee {
  readonly monitors: unknown[];
  readonly reached = new Set<string>();
  readonly #spec: WorldSpec;
  readonly #watchers: Partial<Record<ObservedKind, number[]>> = {};
  readonly #always: Extract<Property<WorldView>, { kind: 'always' }>[] = [];
  readonly #quiescent: Extract<Property<WorldView>, { kind: 'quiescent' }>[] = [];
  #sometimes: Extract<Property<WorldView>, { kind: 'sometimes' }>[] = [];
  #observed = false;
  #diskChangesSeen = -1;

  constructor(spec: WorldSpec) {
    this.#spec = spec;
    const monitors = spec.monitors ?? [];
    this.monitors = monitors.map((monitor) => monitor.initial());
    for (const [index, { watches }] of monitors.entries()) {
      for (const kind of watches) {
        this.#watchers[kind] ??= [];
        this.#watchers[kind].push(index);
      }
    }
    for (const property of spec.properties ?? []) {
      if (property.kind === 'always') this.#always.push(property);
      if (property.kind === 'quiescent') this.#quiescent.push(property);
      if (property.kind === 'sometimes') this.#sometimes.push(property);
    }
  }

  watches(kind: ObservedKind): boolean {
    return this.#watchers[kind] !== undefined;
  }

  observe(seen: Observation): void {
    for (const index of this.#watchers[seen.kind] ?? []) {
      this.#spec.monitors?.[index]?.observe(this.monitors[index], seen);
      this.#observed = true;
    }
  }

  /** What is wrong now, if anything. `quiet`: nothing is in flight. `diskChanges` rises with every change of a disk. */
  judge(view: WorldView, quiet: boolean, diskChanges: number): SimulatedViolation | undefined {
    if (this.#observed) {
      this.#observed = false;
      for (const [index, monitor] of (this.#spec.monitors ?? []).entries()) {
        const message = monitor.violation?.(this.monitors[index]);
        if (message !== undefined) return { kind: 'always', property: monitor.name, message };
      }
    }
    const sameDisks = diskChanges === this.#diskChangesSeen;
    this.#diskChangesSeen = diskChanges;
    for (const { name, violation, ofDisks } of this.#always) {
      if (ofDisks === true && sameDisks) continue;
      const message = violation(view);
      if (message !== undefined) return { kind: 'always', property: name, message };
    }
    for (const { name, violation } of quiet ? this.#quiescent : []) {
      const message = violation(view);
      if (message !== undefined) return { kind: 'quiescent', property: name, message };
    }
    if (this.#sometimes.length > 0) this.#look(view);
    return undefined;
  }

  #look(view: WorldView): void {
    const held = this.#sometimes.filter(({ holds }) => holds(view));
    for (const { name } of held) this.reached.add(name);
    if (held.length > 0) this.#sometimes = this.#sometimes.filter(({ name }) => !this.reached.has(name));
  }
}
