import type { CallResult } from '../kernel/object-types.ts';
import { readable } from '../kernel/valid-copies.ts';
import { evictionLooksMax, evictionsUnderWayMax } from '../limits.ts';
import type { Budget } from './definition.ts';
import type { MapKey } from './key-form.ts';
import type { LiveSet } from './live-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { SetPlace } from './set-place.ts';

/**
 * Keeps a member within its budget: values that were not looked at since the last round are given up, replicas without a
 * word, owned ones to a node that has a copy, or to the default owner (second chance, Corbató 1968). The only copy is
 * never dropped.
 */
export class Eviction {
  readonly #set: LiveSet;
  readonly #place: SetPlace;
  readonly #budget: Budget;
  #round: Iterator<[MapKey, ObjectSlot]> | undefined;
  #underWay = 0;
  #isScheduled = false;
  /** Objects given up by this member. */
  evicted = 0;

  constructor(set: LiveSet, place: SetPlace, budget: Budget) {
    this.#set = set;
    this.#place = place;
    this.#budget = budget;
  }

  get isOver(): boolean {
    const { bytes = Number.POSITIVE_INFINITY, objects = Number.POSITIVE_INFINITY } = this.#budget;
    return this.#set.bytes > bytes || this.#set.values > objects;
  }

  /** Whether nothing more can be given up, as far as the last look went. */
  get isStuck(): boolean {
    return this.isOver && this.#underWay === 0 && !this.#isScheduled;
  }

  /** A value came or grew. Values are given up once the step under way is over. */
  grown(): void {
    if (this.#isScheduled || !this.isOver) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#pass();
    });
  }

  #pass(): void {
    let looks = Math.min(evictionLooksMax, 2 * this.#set.slots.size);
    while (looks > 0 && this.isOver && this.#underWay < evictionsUnderWayMax) {
      looks -= 1;
      const slot = this.#next();
      if (slot === undefined) return;
      if (slot.recent) slot.recent = false;
      else if (this.#mayGo(slot)) this.#giveUp(slot);
    }
  }

  #next(): ObjectSlot | undefined {
    // Whoever was packed has not been looked at for longest.
    const packed = this.#set.slots.wakeOldest();
    if (packed !== undefined) return packed;
    this.#round ??= this.#set.slots.awake.entries();
    const { value, done } = this.#round.next();
    if (done !== true) return value[1];
    this.#round = undefined;
    return this.#set.slots.awake.values().next().value;
  }

  #mayGo({ entry, key }: ObjectSlot): boolean {
    if (!this.#set.isOpen) return false;
    const { status, readers, writer, queue, copyset } = entry;
    if (!readable.has(status) || readers.length > 0 || writer !== 0 || queue.length > 0) return false;
    return status === 'READ_COPY' || this.#set.descriptor.isStored || this.#isElsewhere(key, copyset);
  }

  /** Somebody else has a copy, or is the default owner. */
  #isElsewhere(key: MapKey, copyset: readonly number[]): boolean {
    const { self } = this.#place;
    return this.#set.defaultOwner(key) !== self || copyset.some((node) => node !== self);
  }

  #giveUp(slot: ObjectSlot): void {
    const call = this.#place.nextCall();
    const done = ({ outcome }: CallResult): void => {
      this.#underWay -= 1;
      if (outcome === 'done') this.evicted += 1;
      this.grown();
    };
    this.#underWay += 1;
    const result = this.#set.call(slot, { type: 'evict', call });
    if (result !== undefined) done(result);
    else void this.#place.calls.wait(call, slot, 'evict', { timeoutMs: 0 }).then(done, () => (this.#underWay -= 1));
  }
}
