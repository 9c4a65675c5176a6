import {
  awakeObjectsMin,
  restLooksMax,
  restRoundMs,
  restRoundMsMax,
  restStepMs,
  wakesFewShare,
  wakesManyShare,
} from '../limits.ts';
import type { MapKey } from './key-form.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { SetPlace } from './set-place.ts';
import type { SlotTable } from './slot-table.ts';

/**
 * Packs the objects that nobody looked at from one round to the next, a bounded number at a time. Rounds are far apart:
 * packing an object and waking it again costs as much as a message, so only what is idle for long is worth it. Where many
 * of those packed were wanted again, rounds come further apart, and closer again where few were.
 */
export class RestRounds {
  readonly #table: SlotTable;
  readonly #place: Pick<SetPlace, 'later'>;
  readonly #mayRest: () => boolean;
  #round: Iterator<[MapKey, ObjectSlot]> | undefined;
  #isDue = false;
  /** Objects that this round packed, or that the next may pack. */
  #found = 0;
  #packed = 0;
  #roundMs = restRoundMs;
  /** Objects that had been woken when the last round ended. */
  #wokenBefore = 0;

  /** @param mayRest whether objects are at rest at all: not while the view changes. */
  constructor(table: SlotTable, place: Pick<SetPlace, 'later'>, mayRest: () => boolean) {
    this.#table = table;
    this.#place = place;
    this.#mayRest = mayRest;
  }

  /** There is one more object at work. */
  grown(): void {
    if (this.#isDue || this.#table.awake.size <= awakeObjectsMin) return;
    this.#isDue = true;
    this.#place.later(this.#round === undefined ? this.#roundMs : restStepMs, () => {
      this.#isDue = false;
      const isOver = this.#mayRest() && this.#look();
      // Where a whole round found nothing, the next object that comes begins anew.
      if (!isOver || this.#found > 0) this.grown();
    });
  }

  /** Whether the round is over. */
  #look(): boolean {
    if (this.#round === undefined) {
      this.#found = 0;
      this.#packed = 0;
    }
    this.#round ??= this.#table.awake.entries();
    for (let looks = 0; looks < restLooksMax; looks++) {
      const { value, done } = this.#round.next();
      if (done === true) return this.#end();
      const [, slot] = value;
      if (slot.recent) {
        slot.recent = false;
        this.#found += 1;
      } else if (this.#table.rest(slot)) {
        this.#found += 1;
        this.#packed += 1;
      }
    }
    return this.#table.awake.size <= awakeObjectsMin && this.#end();
  }

  #end(): true {
    this.#round = undefined;
    this.#pace();
    return true;
  }

  #pace(): void {
    const woken = this.#table.woken - this.#wokenBefore;
    this.#wokenBefore = this.#table.woken;
    if (woken > this.#packed * wakesManyShare) this.#roundMs = Math.min(2 * this.#roundMs, restRoundMsMax);
    else if (woken < this.#packed * wakesFewShare) this.#roundMs = Math.max(this.#roundMs / 2, restRoundMs);
  }
}
