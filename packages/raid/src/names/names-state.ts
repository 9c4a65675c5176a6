import { keyFromRaw } from '../array/key.ts';
import { NameNotFoundError, NamesFullError, NameTakenError, NoObjectError } from '../errors.ts';
import { doomedObjectsMax, namesMax, namesWritersMax } from '../limits.ts';
import { printGfid } from '../object/object-record.ts';
import type { RawKey } from '../store/log-record.ts';
import { type NameChange, type NameRecord, nameRecordBytes } from './names-record.ts';

/** What somebody wants done to the names. */
export type NameOperation =
  | { readonly type: 'bind'; readonly key: RawKey; readonly gfid: number; readonly replace: boolean }
  | { readonly type: 'unbind' | 'remove'; readonly key: RawKey }
  | { readonly type: 'rename'; readonly key: RawKey; readonly to: RawKey; readonly replace: boolean }
  | { readonly type: 'freed'; readonly gfid: number };

/** What an operation comes to: the change to be logged, if any, and what its caller is told when it is. */
export interface NameDecision {
  readonly change: NameChange | undefined;
  /** The object that the key led to before; of a rename the one that is moved. */
  readonly before: number | undefined;
}

/** The names there are: what the records of a log add up to. */
export class NamesState {
  readonly #names = new Map<RawKey, number>();
  /** Objects that are to be removed. */
  readonly #doomed = new Set<number>();
  /** How many keys lead to an object. */
  readonly #uses = new Map<number, number>();
  /** The last operation of those who wrote last. */
  readonly #writers = new Map<number, number>();
  #bytes = 0;

  /** About how long a log written anew would be. */
  get liveBytes(): number {
    return this.#bytes;
  }

  get(key: RawKey): number | undefined {
    return this.#names.get(key);
  }

  /** Objects that are to be removed and that no key leads to. */
  get doomed(): readonly number[] {
    return [...this.#doomed].filter((gfid) => !this.#uses.has(gfid));
  }

  /** In the order of the bytes of their keys. */
  list(prefix: RawKey): { readonly key: RawKey; readonly gfid: number }[] {
    return [...this.#names]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, gfid]) => ({ key, gfid }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Whether an operation of a writer is among the records. */
  hasApplied(writer: number, operation: number): boolean {
    return (this.#writers.get(writer) ?? 0) >= operation;
  }

  /**
   * @throws NameTakenError, NameNotFoundError, NamesFullError, NoObjectError
   */
  decide(operation: NameOperation): NameDecision {
    if (operation.type === 'freed') {
      const { gfid } = operation;
      return { change: this.#doomed.has(gfid) ? { type: 'freed', gfid } : undefined, before: undefined };
    }
    const before = this.#names.get(operation.key);
    const { key } = operation;
    switch (operation.type) {
      case 'bind': {
        const { gfid, replace } = operation;
        if (this.#doomed.has(gfid)) throw new NoObjectError(printGfid(gfid));
        // Asked for again by who has it already: nothing to do.
        if (before === gfid) return { change: undefined, before };
        if (before !== undefined && !replace) throw new NameTakenError(keyFromRaw(key), printGfid(before));
        if (this.#names.size >= namesMax) throw new NamesFullError(`${namesMax} names`);
        return { change: { type: 'bind', key, gfid }, before };
      }
      case 'unbind':
      case 'remove':
        if (operation.type === 'remove' && this.#doomed.size >= doomedObjectsMax) {
          throw new NamesFullError(`${doomedObjectsMax} objects that wait to be removed`);
        }
        return { change: before === undefined ? undefined : { type: operation.type, key, gfid: before }, before };
      case 'rename': {
        const { to, replace } = operation;
        if (before === undefined) throw new NameNotFoundError(keyFromRaw(key));
        if (to === key) return { change: undefined, before };
        const there = this.#names.get(to);
        if (there !== undefined && !replace) throw new NameTakenError(keyFromRaw(to), printGfid(there));
        return { change: { type: 'rename', key, to, gfid: before }, before };
      }
    }
  }

  apply({ change, stamp }: NameRecord): void {
    // Moved to the end: the writers that wrote last are kept.
    this.#writers.delete(stamp.writer);
    this.#writers.set(stamp.writer, stamp.operation);
    if (this.#writers.size > namesWritersMax) this.#writers.delete(this.#writers.keys().next().value!);
    switch (change.type) {
      case 'bind':
        this.#set(change.key, change.gfid);
        break;
      case 'unbind':
        this.#set(change.key, undefined);
        break;
      case 'remove':
        this.#set(change.key, undefined);
        this.#doomed.add(change.gfid);
        break;
      case 'rename':
        this.#set(change.key, undefined);
        this.#set(change.to, change.gfid);
        break;
      case 'freed':
        this.#doomed.delete(change.gfid);
        break;
      case 'doomed':
        this.#doomed.add(change.gfid);
        break;
      case 'writer':
        break;
    }
  }

  /** The changes and writers of a log written anew. */
  *snapshot(): Generator<{ readonly change: NameChange; readonly writer: number; readonly operation: number }> {
    const [writer = 0, operation = 0] = [...this.#writers].at(-1) ?? [];
    for (const [key, gfid] of this.#names) yield { change: { type: 'bind', key, gfid }, writer, operation };
    for (const gfid of this.#doomed) yield { change: { type: 'doomed', gfid }, writer, operation };
    // Last, so that they are in order again.
    for (const [each, last] of this.#writers) yield { change: { type: 'writer' }, writer: each, operation: last };
  }

  #set(key: RawKey, gfid: number | undefined): void {
    const before = this.#names.get(key);
    if (before !== undefined) {
      this.#names.delete(key);
      this.#bytes -= nameRecordBytes({ type: 'bind', key, gfid: before });
      this.#count(before, -1);
    }
    if (gfid === undefined) return;
    this.#names.set(key, gfid);
    this.#bytes += nameRecordBytes({ type: 'bind', key, gfid });
    this.#count(gfid, 1);
  }

  #count(gfid: number, by: number): void {
    const uses = (this.#uses.get(gfid) ?? 0) + by;
    if (uses === 0) this.#uses.delete(gfid);
    else this.#uses.set(gfid, uses);
  }
}
