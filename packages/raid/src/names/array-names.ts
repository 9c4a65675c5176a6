import { keyFromRaw, rawKey } from '../array/key.ts';
import { NoObjectError } from '../errors.ts';
import { namesLogBytesMin } from '../limits.ts';
import type { BlockObjects } from '../object/block-objects.ts';
import { parseGfid, printGfid } from '../object/object-record.ts';
import { NamesTurns } from './names-turns.ts';

export interface NameOptions {
  /** Ends the wait of a call whose change is not yet on its way: nothing was changed then. */
  readonly signal?: AbortSignal | undefined;
}

export interface BindOptions extends NameOptions {
  /** Take the name also when it leads to another object. Default false: HF_NAME_TAKEN. */
  readonly replace?: boolean | undefined;
}

/** One name. */
export interface NameEntry {
  readonly key: string;
  readonly gfid: string;
}

/**
 * Names of objects that are written in ranges: flat keys, each of which leads to one object. The same from the main thread
 * and from every node. Each change is one record of a log in a mirrored object, atomic, and durable when the call
 * resolves; of callers anywhere that want the same name one wins.
 *
 * @example
 * ```ts
 * const gfid = await array.objects.create({ technique: 'mirror' });
 * await array.names.bind('logs/today', gfid);
 * const log = await array.objects.open((await array.names.get('logs/today'))!);
 * ```
 */
export class ArrayNames {
  readonly #objects: BlockObjects;
  readonly #turns: NamesTurns;
  #sweeping: Promise<number> | undefined;

  /**
   * @param logBytesMin a shorter log is not written anew
   * @internal
   */
  constructor(objects: BlockObjects, logBytesMin: number = namesLogBytesMin) {
    this.#objects = objects;
    this.#turns = new NamesTurns(objects, logBytesMin);
  }

  /**
   * Let a key lead to an object.
   *
   * @param key 1 to 1024 bytes of UTF-8 without NUL
   * @returns the id of the object it led to before, undefined when there was none
   * @throws BadKeyError, NameTakenError, NoObjectError, NamesFullError, NamesBusyError, TooManyDownError, ArrayClosedError, the
   *   signal's reason: nothing was changed; WriteUnknownError: it was, or not
   */
  async bind(key: string, gfid: string, { replace = false, signal }: BindOptions = {}): Promise<string | undefined> {
    const raw = rawKey(key);
    const number = parseGfid(gfid);
    if (number === undefined || !(await this.#objects.has(gfid))) throw new NoObjectError(`${gfid}`);
    return printed(await this.#turns.change({ type: 'bind', key: raw, gfid: number, replace }, signal));
  }

  /**
   * Let a key lead nowhere. The object stays.
   * @returns the id of the object it led to, undefined when there was no such name
   */
  async unbind(key: string, { signal }: NameOptions = {}): Promise<string | undefined> {
    return printed(await this.#turns.change({ type: 'unbind', key: rawKey(key) }, signal));
  }

  /**
   * Unbind a key, and remove its object once no other key leads to it: behind this call, and after a crash by the next
   * {@link sweep}, which the opening of an array begins.
   * @returns the id of the object, undefined when there was no such name
   */
  async remove(key: string, { signal }: NameOptions = {}): Promise<string | undefined> {
    const removed = await this.#turns.change({ type: 'remove', key: rawKey(key) }, signal);
    if (removed !== undefined) void this.sweep().catch(() => undefined);
    return printed(removed);
  }

  /**
   * Let `to` lead where `key` leads, and `key` nowhere, at once.
   * @returns the id of the object
   * @throws NameNotFoundError, and what {@link bind} throws
   */
  async rename(key: string, to: string, { replace = false, signal }: BindOptions = {}): Promise<string> {
    const operation = { type: 'rename', key: rawKey(key), to: rawKey(to), replace } as const;
    return printGfid((await this.#turns.change(operation, signal)) ?? 0);
  }

  /** The id of the object that a key leads to, undefined when there is none: as of a moment after the call. */
  async get(key: string): Promise<string | undefined> {
    const raw = rawKey(key);
    return printed(await this.#turns.read((state) => state.get(raw)));
  }

  /** The names that begin with `prefix`, in the order of their bytes: as of one moment after the call. */
  async list({ prefix = '' }: { readonly prefix?: string | undefined } = {}): Promise<NameEntry[]> {
    const raw = prefix === '' ? '' : rawKey(prefix);
    const names = await this.#turns.read((state) => state.list(raw));
    return names.map(({ key, gfid }) => ({ key: keyFromRaw(key), gfid: printGfid(gfid) }));
  }

  /**
   * Remove the objects that were to be removed with their names and are still there.
   * @returns how many
   */
  sweep(): Promise<number> {
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweep(): Promise<number> {
    let swept = 0;
    // Until there are none: somebody may remove a name while an object is freed.
    for (;;) {
      const doomed = await this.#turns.read((state) => state.doomed);
      if (doomed.length === 0) return swept;
      for (const gfid of doomed) {
        await this.#objects.remove(printGfid(gfid));
        await this.#turns.change({ type: 'freed', gfid }, undefined);
        swept++;
      }
    }
  }
}

const printed = (gfid: number | undefined): string | undefined => (gfid === undefined ? undefined : printGfid(gfid));
