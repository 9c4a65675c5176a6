import type { ObjectEntry } from '../kernel/object-types.ts';
import type { ObjectTable, ViewKey } from '../kernel/view-types.ts';
import type { MapKey } from './key-form.ts';
import { ObjectSlot } from './object-slot.ts';

/** The entries of the kernel, each with what the host keeps of the object. */
export class SlotTable implements ObjectTable {
  readonly slots = new Map<MapKey, ObjectSlot>();
  readonly #dropped: (slot: ObjectSlot) => void;

  /** @param dropped told of objects of which nothing is left here. */
  constructor(dropped: (slot: ObjectSlot) => void) {
    this.#dropped = dropped;
  }

  get(key: ViewKey): ObjectEntry | undefined {
    return this.slots.get(key)?.entry;
  }

  set(key: ViewKey, entry: ObjectEntry): void {
    if (this.slots.get(key)?.entry !== entry) this.slots.set(key, new ObjectSlot(key, entry));
  }

  delete(key: ViewKey): void {
    const slot = this.slots.get(key);
    if (slot === undefined) return;
    this.slots.delete(key);
    this.#dropped(slot);
  }

  *[Symbol.iterator](): Generator<readonly [ViewKey, ObjectEntry]> {
    for (const [key, { entry }] of this.slots) yield [key, entry];
  }
}
