import type { SlotSet } from './slot-set.ts';

/**
 * Half-made orders of one moment that need not be gone on from again. A call that nobody was answered may take effect
 * later or never, so an order in which fewer of those did, and which is the same otherwise, can go on in every way that
 * the one with more of them can: having tried the first, nobody needs the second.
 */
export class TriedOrders {
  /** By what the object is and which answered calls took effect: the sets of unanswered ones, none within another. */
  readonly #tried = new Map<string, SlotSet[]>();

  has(done: SlotSet, unanswered: SlotSet, stateText: string): boolean {
    const smaller = this.#tried.get(answeredText(done, unanswered, stateText));
    return smaller?.some((each) => isWithin(each, done, unanswered)) ?? false;
  }

  add(done: SlotSet, unanswered: SlotSet, stateText: string): void {
    const text = answeredText(done, unanswered, stateText);
    const open = done.map((word, place) => word & unanswered[place]!);
    const larger = this.#tried.get(text) ?? [];
    this.#tried.set(text, [...larger.filter((each) => !isWithin(open, each, unanswered)), open]);
  }
}

const answeredText = (done: SlotSet, unanswered: SlotSet, stateText: string): string =>
  `${done.map((word, place) => word & ~unanswered[place]!).join(' ')} ${stateText}`;

/** Of the slots in `mask`, whether those of `inner` are all in `outer`. */
const isWithin = (inner: SlotSet, outer: SlotSet, mask: SlotSet): boolean =>
  inner.every((word, place) => (word & mask[place]! & ~outer[place]!) === 0);
