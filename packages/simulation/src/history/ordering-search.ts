import type { SequentialModel } from './operation.ts';
import { hasSlot, noSlots, type SlotSet, withoutSlot, withSlot } from './slot-set.ts';
import type { Timeline } from './timeline.ts';
import { TriedOrders } from './tried-orders.ts';
import { resultOf, ValueDemands } from './value-demands.ts';

export type OrderingVerdict<State> =
  /** One order of the answers leaves the object in `state`. */
  { readonly verdict: 'ok'; readonly state: State } | { readonly verdict: 'violation' | 'undecided' };

/** A half-made order: which of the open calls took effect already, and what the object is now. */
interface Ordering<State> {
  readonly done: SlotSet;
  readonly state: State;
}

/** An answer whose call had not taken effect yet, and the ways to let it, found as they are needed. */
interface Choice<State> {
  readonly event: number;
  readonly from: Ordering<State>;
  /** Until which event what the call leaves must stay. */
  readonly staysUntil: number;
  /** Orderings to go on from, by how many changes they still lack that must come before the call. */
  readonly waiting: Ordering<State>[][];
  /** Gone on from with nothing but the call itself; to be lengthened by others before it when that failed. */
  tried: Ordering<State> | undefined;
  readonly seen: TriedOrders;
}

/**
 * Looks for an order in which one call after the other gives the answers of a history and none moves to before its
 * start or past its answer. Wing and Gong's search ("Testing and verifying concurrent objects", 1993), with Lowe's
 * two additions ("Testing for linearizability", 2017): half-made orders that failed are remembered, and a call takes
 * effect only when its answer, or that of a call that needs it, is due. {@link ValueDemands} ends an order early that
 * changes a value which somebody still has to see.
 */
export class OrderingSearch<State, Call, Result> {
  /** Half-made orders looked at. */
  orderings = 0;
  readonly #timeline: Timeline<Call, Result>;
  readonly #model: SequentialModel<State, Call, Result>;
  readonly #demands: ValueDemands<State, Call, Result>;
  readonly #orderingsMax: number;
  readonly #eventsEnd: number;
  /** The open operation in each slot before the event of `#at`, or -1. */
  readonly #open: Int32Array;
  /** The slots of those open operations that are not answered before the end. */
  readonly #unanswered: number[];
  #at = 0;
  readonly #failed = new Map<number, TriedOrders>();
  readonly #choices: Choice<State>[] = [];

  /** Of the events before `eventsEnd`: a call that is open there may have taken effect, with the answer it gives later. */
  constructor(
    timeline: Timeline<Call, Result>,
    model: SequentialModel<State, Call, Result>,
    orderingsMax: number,
    eventsEnd: number = timeline.events.length,
  ) {
    this.#timeline = timeline;
    this.#model = model;
    this.#orderingsMax = orderingsMax;
    this.#eventsEnd = eventsEnd;
    this.#demands = new ValueDemands(timeline, model, eventsEnd);
    this.#open = new Int32Array(timeline.slotCount).fill(-1);
    this.#unanswered = [...noSlots(timeline.slotCount)];
  }

  run(): OrderingVerdict<State> {
    let ordering: Ordering<State> | undefined = {
      done: noSlots(this.#timeline.slotCount),
      state: this.#model.initial,
    };
    while (ordering !== undefined) {
      const reached = this.#goOn(ordering);
      if (this.#at === this.#eventsEnd) return { verdict: 'ok', state: reached.state };
      const failed = this.#failed.get(this.#at);
      if (failed === undefined || !this.#isIn(failed, reached)) this.#choose(reached);
      ordering = this.#nextWay();
    }
    return { verdict: this.orderings > this.#orderingsMax ? 'undecided' : 'violation' };
  }

  /** Pass events until an answer is due whose call has not taken effect, or to the end. */
  #goOn(from: Ordering<State>): Ordering<State> {
    const { events, slots } = this.#timeline;
    let ordering = from;
    for (; this.#at < this.#eventsEnd; this.#at++) {
      const event = events[this.#at]!;
      if (event > 0) {
        const slot = slots[event - 1]!;
        this.#start(slot, event - 1);
        if (this.#isHarmless(event - 1, ordering.state)) {
          ordering = { done: withSlot(ordering.done, slot), state: ordering.state };
        }
      } else {
        const slot = slots[-event - 1]!;
        if (!hasSlot(ordering.done, slot)) return ordering;
        ordering = this.#answered(ordering, slot);
      }
    }
    return ordering;
  }

  #start(slot: number, index: number): void {
    this.#open[slot] = index;
    if (!this.#isAnswered(index)) this.#unanswered[slot >> 5]! |= 1 << (slot & 31);
  }

  #unstart(slot: number, index: number): void {
    this.#open[slot] = -1;
    if (!this.#isAnswered(index)) this.#unanswered[slot >> 5]! &= ~(1 << (slot & 31));
  }

  #isAnswered(index: number): boolean {
    return this.#demands.answers[index]! < Number.POSITIVE_INFINITY;
  }

  #answered({ done, state }: Ordering<State>, slot: number): Ordering<State> {
    this.#open[slot] = -1;
    return { done: withoutSlot(done, slot), state };
  }

  #choose(from: Ordering<State>): void {
    const staysUntil = this.#demands.staysUntil(this.#dueAt(this.#at));
    const choice: Choice<State> = {
      event: this.#at,
      from,
      staysUntil,
      waiting: [],
      tried: undefined,
      seen: new TriedOrders(),
    };
    this.#wait(choice, from);
    this.#choices.push(choice);
  }

  #dueAt(event: number): number {
    return -this.#timeline.events[event]! - 1;
  }

  #wait({ waiting, staysUntil }: Choice<State>, ordering: Ordering<State>): void {
    const lacking = this.#countLacking(ordering.done, staysUntil);
    waiting[lacking] ??= [];
    waiting[lacking].push(ordering);
  }

  /** Changes answered before `until` that have not taken effect: they come before one that leaves a value until then. */
  #countLacking(done: SlotSet, until: number): number {
    let lacking = 0;
    if (until < this.#at) return lacking;
    const due = this.#dueAt(this.#at);
    for (const [slot, index] of this.#open.entries()) {
      if (index < 0 || index === due || hasSlot(done, slot)) continue;
      if (this.#demands.answers[index]! < until && this.#demands.isChange(index)) lacking++;
    }
    return lacking;
  }

  /** The next way to go on, going back as far as needed; undefined when all were tried or the bound is reached. */
  #nextWay(): Ordering<State> | undefined {
    for (let choice = this.#choices.at(-1); choice !== undefined; choice = this.#choices.at(-1)) {
      this.#goBack(choice.event);
      const chosen = this.#nextOf(choice);
      if (this.orderings > this.#orderingsMax) return undefined;
      if (chosen !== undefined) {
        this.#at++;
        return this.#answered(chosen, this.#timeline.slots[this.#dueAt(choice.event)]!);
      }
      this.#choices.pop();
      this.#fail(choice);
    }
    return undefined;
  }

  #goBack(to: number): void {
    const { events, slots } = this.#timeline;
    while (this.#at > to) {
      const event = events[--this.#at]!;
      if (event > 0) this.#unstart(slots[event - 1]!, event - 1);
      else this.#open[slots[-event - 1]!] = -event - 1;
    }
  }

  #fail({ event, from }: Choice<State>): void {
    let failed = this.#failed.get(event);
    if (failed === undefined) {
      failed = new TriedOrders();
      this.#failed.set(event, failed);
    }
    this.#addTo(failed, from);
  }

  /** The next ordering of a choice in which the call that is due took effect, and nothing that it does not need. */
  #nextOf(choice: Choice<State>): Ordering<State> | undefined {
    const due = this.#dueAt(choice.event);
    if (this.#demands.isChangedBetween(choice.event, choice.staysUntil)) return undefined;
    while (this.orderings <= this.#orderingsMax) {
      if (choice.tried !== undefined) this.#lengthen(choice, choice.tried, due);
      choice.tried = undefined;
      const lacking = choice.waiting.findIndex((each) => each !== undefined && each.length > 0);
      const ordering = choice.waiting[lacking]?.shift();
      if (ordering === undefined) return undefined;
      if (hasSlot(ordering.done, this.#timeline.slots[due]!)) return ordering;
      choice.tried = ordering;
      const chosen = lacking === 0 ? this.#with(ordering, due) : undefined;
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }

  /** Let each open call take effect that may. */
  #lengthen(choice: Choice<State>, ordering: Ordering<State>, due: number): void {
    const { slots } = this.#timeline;
    for (const index of this.#open) {
      if (index < 0 || index === due || hasSlot(ordering.done, slots[index]!)) continue;
      if (this.#hasTwinAhead(index, ordering.done)) continue;
      const longer = this.#with(ordering, index);
      if (longer === undefined) continue;
      if (this.#isIn(choice.seen, longer)) continue;
      this.#addTo(choice.seen, longer);
      this.#wait(choice, longer);
    }
  }

  /**
   * Whether an equal call that is open, too, and answered before this one still has to take effect. Then that one goes
   * first: in an order that has them the other way round they can change places, as both are open from now until the
   * answer of the earlier one and nobody can tell one from the other.
   */
  #hasTwinAhead(index: number, done: SlotSet): boolean {
    const { slots, twins } = this.#timeline;
    for (let twin = twins[index]!; twin >= 0; twin = twins[twin]!) {
      if (this.#demands.answers[twin]! < this.#at) return false;
      if (this.#open[slots[twin]!] === twin && !hasSlot(done, slots[twin]!)) return true;
    }
    return false;
  }

  /** Let a call take effect, and all looks that fit what the object is then. */
  #with({ done, state }: Ordering<State>, index: number): Ordering<State> | undefined {
    this.orderings++;
    const { slots } = this.#timeline;
    const next = this.#after(state, index);
    if (next === undefined) return undefined;
    let all = withSlot(done, slots[index]!);
    if (next === state) return { done: all, state };
    if (this.#demands.isNeeded(state, next, index, this.#at)) return undefined;
    for (const other of this.#open) {
      if (other >= 0 && !hasSlot(all, slots[other]!) && this.#isHarmless(other, next))
        all = withSlot(all, slots[other]!);
    }
    return { done: all, state: next };
  }

  #after(state: State, index: number): State | undefined {
    const operation = this.#timeline.operations[index]!;
    return this.#model.next(state, operation.call, resultOf(operation));
  }

  /** Whether to let a call take effect now can do no harm: it changes nothing, now or later, and its answer fits. */
  #isHarmless(index: number, state: State): boolean {
    return this.#demands.isLook(index) && this.#after(state, index) === state;
  }

  #isIn(tried: TriedOrders, { done, state }: Ordering<State>): boolean {
    return tried.has(done, this.#unanswered, this.#model.stateText(state));
  }

  #addTo(tried: TriedOrders, { done, state }: Ordering<State>): void {
    tried.add(done, this.#unanswered, this.#model.stateText(state));
  }
}
