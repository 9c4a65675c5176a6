import type { JournalId } from './journal.ts';
import type { NameKey } from './named-table.ts';

/** What updates are found by. */
export interface UpdateNaming<Update> {
  /** The number of its entry: no other has the same. */
  readonly id: (update: Update) => JournalId;
  /** The number of its mj, where its entry has another one. */
  readonly mj?: (update: Update) => JournalId;
  /** The block, or the group, that it is of. */
  readonly place: (update: Update) => NameKey;
}

const none: readonly never[] = [];

/**
 * The updates under way, in the order they began. One is found by its number, and those of one block or group by its name,
 * however many others there are: every step of a kernel looks for both. What they are found by never changes.
 */
export class OpenUpdates<Update> implements Iterable<Update> {
  readonly #naming: UpdateNaming<Update>;
  readonly #byId = new Map<JournalId, Update>();
  readonly #byMj = new Map<JournalId, Update[]>();
  readonly #byPlace = new Map<NameKey, Update[]>();

  constructor(naming: UpdateNaming<Update>, updates: Iterable<Update> = []) {
    this.#naming = naming;
    for (const update of updates) this.add(update);
  }

  get length(): number {
    return this.#byId.size;
  }

  get(id: JournalId): Update | undefined {
    return this.#byId.get(id);
  }

  /** Those with an mj of this number, of whichever data IOM. */
  ofMj(mj: JournalId): readonly Update[] {
    return this.#byMj.get(mj) ?? none;
  }

  /** Those of one block or group, oldest first. Valid until one begins or ends. */
  at(place: NameKey): readonly Update[] {
    return this.#byPlace.get(place) ?? none;
  }

  /** Begins behind all others. */
  add(update: Update): void {
    const { id, mj, place } = this.#naming;
    this.#byId.set(id(update), update);
    put(this.#byPlace, place(update), update);
    if (mj !== undefined) put(this.#byMj, mj(update), update);
  }

  delete(update: Update): void {
    const { id, mj, place } = this.#naming;
    if (this.#byId.get(id(update)) !== update) return;
    this.#byId.delete(id(update));
    take(this.#byPlace, place(update), update);
    if (mj !== undefined) take(this.#byMj, mj(update), update);
  }

  some(test: (update: Update) => boolean): boolean {
    for (const update of this) if (test(update)) return true;
    return false;
  }

  every(test: (update: Update) => boolean): boolean {
    return !this.some((update) => !test(update));
  }

  filter(test: (update: Update) => boolean): Update[] {
    return [...this].filter(test);
  }

  map<Value>(value: (update: Update) => Value): Value[] {
    return [...this].map(value);
  }

  [Symbol.iterator](): Iterator<Update> {
    return this.#byId.values();
  }
}

function put<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function take<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) return;
  if (list.length === 1) lists.delete(key);
  else list.splice(list.indexOf(value), 1);
}
