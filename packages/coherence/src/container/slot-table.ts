import { isAtRest } from '../kernel/hits.ts';
import type { ObjectEntry, ObjectStatus } from '../kernel/object-types.ts';
import type { ObjectTable, ViewKey } from '../kernel/view-types.ts';
import type { MapKey } from './key-form.ts';
import { ObjectSlot } from './object-slot.ts';
import { PackedObjects, type PackedValue } from './packed-objects.ts';

/** The entries of the kernel, each with what the host keeps of the object. Objects nobody uses are packed. */
export class SlotTable implements ObjectTable {
  /** The objects at work. Whoever looks for one of all uses {@link slot}. */
  readonly awake = new Map<MapKey, ObjectSlot>();
  /** Objects that were packed and then wanted again, ever. */
  woken = 0;
  /** The object at work that was looked for last: one event looks for its object several times. */
  #last: ObjectSlot | undefined = undefined;
  readonly #packed = new PackedObjects();
  readonly #dropped: (slot: ObjectSlot) => void;
  readonly #grown: () => void;

  /**
   * @param dropped told of objects of which nothing is left here
   * @param grown told when there is one more object at work
   */
  constructor(dropped: (slot: ObjectSlot) => void, grown: () => void) {
    this.#dropped = dropped;
    this.#grown = grown;
  }

  get size(): number {
    return this.awake.size + this.#packed.size;
  }

  get packed(): number {
    return this.#packed.size;
  }

  slot(key: MapKey): ObjectSlot | undefined {
    return this.atWork(key) ?? this.#wanted(key);
  }

  /** The object if it is not packed. */
  atWork(key: MapKey): ObjectSlot | undefined {
    if (this.#last?.key === key) return this.#last;
    const slot = this.awake.get(key);
    if (slot !== undefined) this.#last = slot;
    return slot;
  }

  /** The value of a packed object where it lies, the first time that somebody looks at it. */
  firstLook(key: MapKey): PackedValue | undefined {
    return this.#packed.firstLook(key);
  }

  /** Of all objects here, at work or packed. */
  keys(): MapKey[] {
    return [...this.awake.keys(), ...this.#packed.keys()];
  }

  get(key: ViewKey): ObjectEntry | undefined {
    return this.slot(key)?.entry;
  }

  set(key: ViewKey, entry: ObjectEntry): void {
    if (this.slot(key)?.entry === entry) return;
    this.#last = undefined;
    this.awake.set(key, new ObjectSlot(key, entry));
    this.#grown();
  }

  delete(key: ViewKey): void {
    const slot = this.slot(key);
    if (slot === undefined) return;
    this.#last = undefined;
    this.awake.delete(key);
    this.#dropped(slot);
  }

  /** Pack an object that nobody uses; whether it was. */
  rest(slot: ObjectSlot): boolean {
    if (slot.isLeaving || slot.shadow !== undefined || !isAtRest(slot.entry) || !this.#packed.put(slot)) return false;
    this.#last = undefined;
    this.awake.delete(slot.key);
    return true;
  }

  /** The object that has been packed for longest, at work again. */
  wakeOldest(): ObjectSlot | undefined {
    const { value, done } = this.#packed.keys().next();
    return done === true ? undefined : this.#wake(value);
  }

  *statuses(): Generator<ObjectStatus> {
    for (const { entry } of this.awake.values()) yield entry.status;
    yield* this.#packed.statuses();
  }

  /** A change of view looks at every object. */
  *[Symbol.iterator](): Generator<readonly [ViewKey, ObjectEntry]> {
    for (const key of [...this.#packed.keys()]) this.#wake(key);
    for (const [key, { entry }] of this.awake) yield [key, entry];
  }

  #wanted(key: MapKey): ObjectSlot | undefined {
    const slot = this.#wake(key);
    if (slot !== undefined) this.woken += 1;
    return slot;
  }

  #wake(key: MapKey): ObjectSlot | undefined {
    const slot = this.#packed.take(key);
    if (slot === undefined) return undefined;
    slot.recent = false;
    this.awake.set(key, slot);
    this.#grown();
    return slot;
  }
}
