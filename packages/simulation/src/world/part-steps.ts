import { cellAt, EffectBuffer, type KernelEvent, type RecordedEffect } from '@holdfast/kernel';
import { PairTable } from '../explorer/pair-table.ts';
import type { CellLog } from './cell-log.ts';
import type { Observation, ObservedKind } from './monitor.ts';
import type { ListPool, StatePool, ValuePool } from './pools.ts';
import type { Input, Part } from './spec.ts';

/** What one effect means for the world, with values replaced by their pool numbers. */
export type Consequence =
  | { readonly kind: 'send'; readonly port: number; readonly message: number }
  | { readonly kind: 'input'; readonly part: number; readonly event: number }
  | { readonly kind: 'arm' | 'disarm'; readonly timer: number }
  | { readonly kind: 'disk'; readonly request: number }
  | { readonly kind: 'observe'; readonly observation: number }
  /** Seen by no monitor, but worth a word in a trace. */
  | { readonly kind: 'tell'; readonly observation: number };

/** What stepping a part in one state with one event does. */
export interface Step {
  readonly next: number;
  readonly consequences: readonly Consequence[];
  /** What the kernel threw, if it did. */
  readonly error: unknown;
}

/** What traces tell although it changes no word of the world. */
const toldKinds: ReadonlySet<ObservedKind> = new Set(['deliver', 'reply', 'trace']);

/** Marks messages that the host drops. */
const dropped = -2;

export interface Pools {
  readonly states: StatePool;
  readonly values: ValuePool;
  readonly lists: ListPool;
}

/**
 * The steps of one part of one node, each computed once.
 *
 * Kernels are pure, so (state, event) decides everything; an exploration meets the same pair in very many worlds.
 */
export class PartSteps {
  readonly part: Part;
  readonly #node: number;
  readonly #index: number;
  readonly #pools: Pools;
  readonly #watched: ReadonlySet<ObservedKind>;
  readonly #cells: CellLog;
  /** One per incarnation, because the constants of a part may differ. */
  readonly #known: { env: unknown; table: PairTable }[] = [];
  readonly #steps: Step[] = [];
  readonly #arrivals = new PairTable();
  readonly #expiries = new PairTable();
  readonly #linkChanges = new PairTable();
  readonly #buffer = new EffectBuffer();

  constructor(
    part: Part,
    node: number,
    index: number,
    pools: Pools,
    watched: ReadonlySet<ObservedKind>,
    cells: CellLog,
  ) {
    this.part = part;
    this.#node = node;
    this.#index = index;
    this.#pools = pools;
    this.#watched = watched;
    this.#cells = cells;
  }

  initial(incarnation: number): number {
    return this.#pools.states.intern(this.part.kernel.initial(this.#incarnation(incarnation).env));
  }

  step(state: number, event: number, incarnation: number): Step {
    const known = this.#incarnation(incarnation);
    let at = known.table.get(state, event);
    if (at === PairTable.absent) {
      at = this.#steps.length;
      this.#steps.push(this.#compute(state, event, known.env));
      known.table.set(state, event, at);
    }
    return this.#steps[at] as Step;
  }

  /** The event an arriving message becomes; undefined when the host would drop it. */
  arrival(port: number, message: number): number | undefined {
    return this.#event(this.#arrivals, message, port, () =>
      this.part.message?.(port, this.#pools.values.value(message)),
    );
  }

  /** The event the end of a timer becomes. */
  expiry(timer: number): number | undefined {
    return this.#event(this.#expiries, timer, 0, () => this.part.timer?.(timer));
  }

  /** The event a change of a link becomes; `undelivered` is a list of messages. */
  linkChange(port: number, up: boolean, undelivered: number): number | undefined {
    const { lists, values } = this.#pools;
    const messages = (): unknown[] => lists.list(undelivered).map((message) => values.value(message));
    return this.#event(this.#linkChanges, 2 * port + (up ? 1 : 0), undelivered, () =>
      this.part.link?.(port, up, messages()),
    );
  }

  #event(known: PairTable, a: number, b: number, make: () => KernelEvent | undefined): number | undefined {
    let event = known.get(a, b);
    if (event === PairTable.absent) {
      const made = make();
      event = made === undefined ? dropped : this.#pools.values.intern(made);
      known.set(a, b, event);
    }
    return event === dropped ? undefined : event;
  }

  #incarnation(incarnation: number): { env: unknown; table: PairTable } {
    let known = this.#known[incarnation];
    if (known === undefined) {
      known = { env: this.part.env(incarnation), table: new PairTable() };
      this.#known[incarnation] = known;
    }
    return known;
  }

  #compute(stateNumber: number, eventNumber: number, env: unknown): Step {
    const { kernel } = this.part;
    const { states, values } = this.#pools;
    const state = states.fresh(stateNumber);
    const event = values.value(eventNumber) as KernelEvent;
    const buffer = this.#buffer;
    buffer.clear();
    const consequences: Consequence[] = [];
    this.#observe(consequences, 'event', 0, event);
    try {
      const row = kernel.row(state, event, env);
      const column = kernel.column(event);
      this.#cells.reached(kernel.name, row, column);
      cellAt(kernel.name, kernel.table, row, column);
      kernel.step(state, event, env, buffer);
      for (let at = 0; at < buffer.length; at++) this.#translate(buffer.at(at), consequences);
      return { next: states.intern(state), consequences, error: undefined };
    } catch (error) {
      return { next: stateNumber, consequences: [], error };
    }
  }

  #translate(effect: RecordedEffect<unknown, unknown, unknown>, into: Consequence[]): void {
    const { values } = this.#pools;
    switch (effect.kind) {
      case 'send':
        this.#observe(into, 'send', effect.target, effect.message);
        if (this.part.below === undefined) {
          into.push({ kind: 'send', port: effect.target, message: values.intern(effect.message) });
        } else {
          this.#input(into, this.part.below(effect.target, effect.message));
        }
        break;
      case 'deliver':
        this.#observe(into, 'deliver', 0, effect.upward);
        this.#input(into, this.part.above?.(effect.upward));
        break;
      case 'setTimer':
        into.push({ kind: 'arm', timer: effect.target });
        break;
      case 'cancelTimer':
        into.push({ kind: 'disarm', timer: effect.target });
        break;
      case 'reply':
        this.#observe(into, 'reply', effect.target, effect.result);
        break;
      case 'trace':
        this.#observe(into, 'trace', effect.a, effect.step);
        break;
      case 'diskRead':
        into.push({ kind: 'disk', request: this.#request('read', effect) });
        break;
      case 'diskWrite':
        into.push({ kind: 'disk', request: this.#request('write', effect) });
        break;
      case 'diskFlush':
        into.push({ kind: 'disk', request: this.#request('flush', effect) });
        break;
    }
  }

  #request(kind: 'read' | 'write' | 'flush', effect: RecordedEffect<unknown, unknown, unknown>): number {
    const { target: op, a: address, b: value } = effect;
    return this.#pools.values.intern({ kind, part: this.#index, op, address, value });
  }

  #input(into: Consequence[], input: Input | undefined): void {
    if (input === undefined) return;
    into.push({ kind: 'input', part: input.part, event: this.#pools.values.intern(input.event) });
  }

  #observe(into: Consequence[], kind: ObservedKind, number: number, value: unknown): void {
    const watched = this.#watched.has(kind);
    if (!watched && !toldKinds.has(kind)) return;
    const seen: Observation = { kind, node: this.#node, part: this.#index, number, value };
    into.push({ kind: watched ? 'observe' : 'tell', observation: this.#pools.values.intern(seen) });
  }
}
