import type { Operation, SequentialModel } from './operation.ts';
import type { Timeline } from './timeline.ts';

const nowhere = -1;

/** What the answers of a history ask of a value that is there once at most. */
interface Demand {
  /** The start of the last call that saw it. */
  lastStart: number;
  /** The call that saw and changed it, or -1. */
  successor: number;
}

/**
 * What the answers of a history say about the order of changes before any order is tried. Everything here follows from
 * calls that are answered, so it never rules out an order that exists.
 */
export class ValueDemands<State, Call, Result> {
  readonly #model: SequentialModel<State, Call, Result>;
  readonly #operations: readonly Operation<Call, Result>[];
  readonly #demands = new Map<string, Demand>();
  /** By value: calls that leave it, and one more for the value at the beginning. */
  readonly #sources = new Map<string, number>();
  /** By operation: the event of its answer, or infinity. */
  readonly answers: Float64Array;
  /** By event: the first answer of a change that starts there or later. */
  readonly #nextAnswer: Float64Array;
  readonly #isKnown: boolean;

  constructor(timeline: Timeline<Call, Result>, model: SequentialModel<State, Call, Result>, eventsEnd: number) {
    const { operations, events } = timeline;
    this.#model = model;
    this.#operations = operations;
    this.answers = new Float64Array(operations.length).fill(Number.POSITIVE_INFINITY);
    this.#nextAnswer = new Float64Array(eventsEnd + 1).fill(Number.POSITIVE_INFINITY);
    const starts = new Int32Array(operations.length).fill(nowhere);
    for (let at = 0; at < eventsEnd; at++) {
      const event = events[at]!;
      if (event > 0) starts[event - 1] = at;
      else this.answers[-event - 1] = at;
    }
    this.#isKnown = model.values !== undefined && this.#findSources(starts);
    if (!this.#isKnown) return;
    for (const [index, start] of starts.entries()) {
      if (this.answers[index]! < eventsEnd) this.#demand(index, start);
    }
    for (let at = eventsEnd - 1; at >= 0; at--) {
      const event = events[at]!;
      const own = event > 0 && this.isChange(event - 1) ? this.answers[event - 1]! : Number.POSITIVE_INFINITY;
      this.#nextAnswer[at] = Math.min(own, this.#nextAnswer[at + 1]!);
    }
  }

  isLook(index: number): boolean {
    return this.#model.isLook(this.#operations[index]!.call, resultOf(this.#operations[index]!));
  }

  /** Whether a call, once answered, has changed the value for sure. */
  isChange(index: number): boolean {
    return !this.isLook(index) && this.#model.values?.isSure(this.#operations[index]!.call) === true;
  }

  /** Whether a change by `by` is too early at event `at`: somebody still has to see what is there now. */
  isNeeded(state: State, next: State, by: number, at: number): boolean {
    if (!this.#isKnown) return false;
    const { held } = this.#model.values!;
    const demand = this.#demandOf(held(state));
    if (demand === undefined || held(state) === held(next)) return false;
    return demand.lastStart >= at || (demand.successor !== nowhere && demand.successor !== by);
  }

  /** Until which event the value that a change leaves must stay; -1 where it need not. */
  staysUntil(by: number): number {
    if (!this.#isKnown || this.isLook(by)) return nowhere;
    const { call } = this.#operations[by]!;
    const left = this.#model.values!.left(call, resultOf(this.#operations[by]!));
    return (left === undefined ? undefined : this.#demandOf(left))?.lastStart ?? nowhere;
  }

  /** Whether some change that starts at or after `at` is answered before `until`. */
  isChangedBetween(at: number, until: number): boolean {
    return this.#nextAnswer[at]! < until;
  }

  #demandOf(value: string): Demand | undefined {
    return this.#sources.get(value) === 1 ? this.#demands.get(value) : undefined;
  }

  /** False where some change leaves nobody knows what. */
  #findSources(starts: Int32Array): boolean {
    const { held, left } = this.#model.values!;
    this.#sources.set(held(this.#model.initial), 1);
    for (const [index, operation] of this.#operations.entries()) {
      if (starts[index] === nowhere || this.isLook(index)) continue;
      const value = left(operation.call, resultOf(operation));
      if (value === undefined) return false;
      this.#sources.set(value, (this.#sources.get(value) ?? 0) + 1);
    }
    return true;
  }

  #demand(index: number, start: number): void {
    const operation = this.#operations[index]!;
    const value = this.#model.values!.seen(operation.call, resultOf(operation)!);
    if (value === undefined) return;
    const demand = this.#demands.get(value) ?? { lastStart: nowhere, successor: nowhere };
    demand.lastStart = Math.max(demand.lastStart, start);
    if (!this.isLook(index)) demand.successor = index;
    this.#demands.set(value, demand);
  }
}

export function resultOf<Result>({ end }: Operation<unknown, Result>): Result | undefined {
  return end?.outcome === 'answered' ? end.result : undefined;
}
