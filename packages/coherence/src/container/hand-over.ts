import { anyNode, type CallResult, type ObjectStatus } from '../kernel/object-types.ts';
import { giveBackMs } from '../limits.ts';
import type { LiveSet } from './live-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { SetPlace } from './set-place.ts';

const owning: ReadonlySet<ObjectStatus> = new Set(['READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST']);

/** A member that owns no data hands over what it came to own, as soon as nobody here uses it. */
export class HandOver {
  readonly #set: LiveSet;
  readonly #place: SetPlace;

  constructor(set: LiveSet, place: SetPlace) {
    this.#set = set;
    this.#place = place;
  }

  look(slot: ObjectSlot | undefined): void {
    if (slot === undefined || slot.isLeaving || !this.#set.isOpen) return;
    const { status, writer, readers, queue } = slot.entry;
    if (!owning.has(status) || writer !== 0 || readers.length > 0 || queue.length > 0) return;
    slot.isLeaving = true;
    const call = this.#place.nextCall();
    const ended = ({ outcome }: CallResult): void => {
      if (outcome === 'done') slot.isLeaving = false;
      else this.#place.later(giveBackMs, () => this.#again(slot));
    };
    this.#set.afterStep(() => {
      const result = this.#set.call(slot, { type: 'flush', call, to: anyNode });
      if (result !== undefined) ended(result);
      else void this.#place.calls.wait(call, slot, 'flush', { timeoutMs: 0 }).then(ended, () => undefined);
    });
  }

  #again(slot: ObjectSlot): void {
    slot.isLeaving = false;
    this.look(this.#set.slots.slot(slot.key));
  }
}
