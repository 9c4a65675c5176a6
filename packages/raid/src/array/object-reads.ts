import type { Subject } from 'rxjs';
import { NoObjectError, ObjectLostError } from '../errors.ts';
import { windowsPerGetMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { GetOptions } from './array-types.ts';
import { ChunkMemory } from './chunk-memory.ts';
import type { ArrayEvent } from './events.ts';
import { rawKey } from './key.ts';
import type { ObjectDirectory } from './object-directory.ts';
import { ObjectReader, type ReaderHost } from './object-reader.ts';
import { OpenReads } from './open-reads.ts';

export interface ReadsHost extends Omit<ReaderHost, 'onRepaired'> {
  readonly directory: ObjectDirectory;
  readonly events: Subject<ArrayEvent>;
  /** @throws ArrayClosedError */
  readonly assertOpen: () => void;
}

/** Objects that are stored whole, as they are read: each is kept while somebody reads it. */
export class ObjectReads {
  readonly #host: ReadsHost;
  readonly #open = new OpenReads();

  constructor(host: ReadsHost) {
    this.#host = host;
  }

  /**
   * Find an object and keep its blocks from being given up, until {@link end}.
   * @throws NoObjectError, ArrayClosedError
   */
  async begin(key: string): Promise<ObjectRecord> {
    const raw = rawKey(key);
    const { directory } = this.#host;
    for (;;) {
      const found = await directory.newest(raw);
      if (found === undefined) throw new NoObjectError(key);
      this.#open.enter(found.gfid);
      // Still there after it was entered: whoever lets go of it from now on sees that it is being read.
      const versions = await directory.versions(raw).catch(() => []);
      if (versions.some(({ record }) => record.gfid === found.gfid)) return found;
      this.#open.leave(found.gfid);
      this.#host.assertOpen();
    }
  }

  end({ gfid }: ObjectRecord): void {
    this.#open.leave(gfid);
  }

  /** The bytes of an object that was begun, some windows read ahead. @throws ObjectLostError, the signal's reason */
  async *content(
    key: string,
    object: ObjectRecord,
    { signal, reuseChunks = false }: GetOptions,
    during: <T>(read: () => Promise<T>) => Promise<T>,
  ): AsyncGenerator<Uint8Array> {
    const { events, name } = this.#host;
    const onRepaired: ReaderHost['onRepaired'] = ({ group, slot, member, why }) =>
      events.next({ type: 'repaired', key, group, slot, why, node: name(member) });
    const memory = new ChunkMemory(reuseChunks);
    const reader = new ObjectReader({ ...this.#host, onRepaired }, key, object, memory);
    const ahead: Promise<Uint8Array[]>[] = [];
    try {
      for (let window = 0; window < reader.windows; window++) {
        while (ahead.length < windowsPerGetMax && window + ahead.length < reader.windows) {
          const read = during(() => reader.read(window + ahead.length));
          read.catch(() => undefined);
          ahead.push(read);
        }
        for (const chunk of await ahead.shift()!) {
          signal?.throwIfAborted();
          yield chunk;
          memory.done(chunk);
        }
      }
    } catch (error) {
      if (error instanceof ObjectLostError) {
        events.next({ type: 'lost', key, groups: error.lost.map(({ group }) => group) });
      }
      throw error;
    } finally {
      await Promise.allSettled(ahead);
    }
  }

  /** Resolves when nobody reads the object. */
  unread({ gfid }: ObjectRecord): Promise<void> {
    return this.#open.unread(gfid);
  }

  /** Let go of readers that may never come back: the array is closing, and refuses their next read. */
  abandon(): void {
    this.#open.abandon();
  }
}
