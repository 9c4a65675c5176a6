import { ClosedError, ConfigError, type MemberContext, type PagePool } from '@holdfast/runtime/service';
import { FileExistsError, FileRefusedError, NoFileError } from '../errors.ts';
import type { FileId, FileOperation } from '../file-port.ts';
import { type PageStatus, pageStatuses } from '../kernel/page-sync-types.ts';
import { cachedFilesMax, cachePagesDefault, cachePagesMin, clientNameCharsMax } from '../limits.ts';
import { FileTurns } from '../objects/file-turns.ts';
import type { DataServerPort } from '../servers/data-server.ts';
import { dataServerOn } from '../servers/data-service.ts';
import { metadataServerOn } from '../servers/metadata-port.ts';
import type { MetadataServerPort } from '../servers/metadata-server.ts';
import { CachedFile } from './cached-file.ts';
import { FileLocks } from './file-locks.ts';
import { type FileCallOptions, OpenFile, type OpenFileHost } from './open-file.ts';
import { orAborted } from './or-aborted.ts';
import { PageMemory } from './page-memory.ts';
import { ServerLinks } from './server-links.ts';

export interface PageCacheServers {
  /** 1 to 24 characters; no other client of the metadata server has the same. */
  readonly client: string;
  readonly pages: PagePool;
  readonly metadata: MetadataServerPort;
  /** In the order the metadata server has them. */
  readonly dataServers: readonly DataServerPort[];
  /** Pages of the pool the cache may use; 64 at least. @default 16384 (64 MiB) */
  readonly pagesMax?: number | undefined;
}

export interface PageCacheOptions {
  /** The nodes of the metadata servers: the one that serves is looked for among them. */
  readonly metadata: readonly string[];
  /** The nodes of the data servers, in the order the metadata server has them. */
  readonly dataServers: readonly string[];
  /** Pages of this member's range that the cache may use; 64 at least. @default 16384 (64 MiB) */
  readonly pagesMax?: number | undefined;
}

/** Figures of a cache. Those that end in `Total` only rise. */
export interface PageCacheStats {
  readonly files: number;
  /** Pages of the pool in use, with content or without. */
  readonly pages: number;
  readonly dirtyPages: number;
  /** Pages that are not clean, by their state in the page-sync model. */
  readonly states: Readonly<Record<PageStatus, number>>;
  readonly hitsTotal: number;
  readonly pagesReadTotal: number;
  readonly evictionsTotal: number;
  /** Calls to servers that write or change something, and calls that were not answered. */
  readonly callsTotal: number;
  readonly lostCallsTotal: number;
  readonly leasesLostTotal: number;
}

let caches = 0;

/**
 * Pages of files in the memory of a client: written here first, made stable by fsync, close and unlock, and shown to other
 * clients from then on. When servers die the pages are written again, so that nothing a flush promised is lost.
 *
 * @example
 * ```ts
 * await using cache = await PageCache.connect(cluster.main, { metadata: ['n0', 'n1'], dataServers: ['n1', 'n2', 'n3'] });
 * await cache.create('report');
 * await using file = await cache.open('report');
 * await file.write(0, bytes);
 * await file.fsync();
 * ```
 */
export class PageCache implements AsyncDisposable, OpenFileHost {
  readonly locks: FileLocks;
  readonly #links: ServerLinks;
  readonly #memory: PageMemory;
  readonly #turns = new FileTurns();
  /** OPEN and CLOSE of a file, one after the other. */
  readonly #opens = new FileTurns();
  /** In the order of their last use. */
  readonly #files = new Map<FileId, CachedFile>();
  readonly #ended = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #serial = 0;
  #sequence = 0;
  #leasesLost = 0;
  /** Of files that were forgotten. */
  #hits = 0;
  #pagesRead = 0;
  #closing: Promise<void> | undefined;

  /**
   * A cache in the pages of a member, with servers on nodes of its cluster; resolves with the first lease.
   * @throws ConfigError
   */
  static async connect(context: MemberContext, options: PageCacheOptions): Promise<PageCache> {
    const { metadata, dataServers, pagesMax } = options;
    const ended = new AbortController();
    const cache = new PageCache({
      client: `${context.name}.${context.incarnation}.${++caches}`,
      pages: context.pages,
      metadata: metadataServerOn(context, metadata, ended.signal),
      dataServers: dataServers.map((node) => dataServerOn(context, node)),
      pagesMax,
    });
    cache.#ended.signal.addEventListener('abort', () => ended.abort());
    await cache.#ready.promise;
    return cache;
  }

  /** @throws ConfigError */
  constructor({ client, pages, metadata, dataServers, pagesMax = cachePagesDefault }: PageCacheServers) {
    if (client.length === 0 || client.length > clientNameCharsMax) {
      throw new ConfigError(`A client cannot be named ${JSON.stringify(client)}.`, {
        hint: `Use 1 to ${clientNameCharsMax} characters.`,
      });
    }
    if (!Number.isInteger(pagesMax) || pagesMax < cachePagesMin) {
      throw new ConfigError(`A page cache cannot have ${pagesMax} pages.`, {
        hint: `Give it ${cachePagesMin} or more.`,
      });
    }
    this.#links = new ServerLinks(client, metadata, dataServers);
    this.#memory = new PageMemory(pages, pagesMax);
    this.locks = new FileLocks(this.#links);
    void this.#listen();
  }

  /**
   * Open a file that is there.
   * @throws NoFileError, BadFileError, FileRefusedError when somebody denies it (SHARE_DENIED), ClosedError, the signal's
   * reason
   */
  async open(id: FileId, { signal }: FileCallOptions = {}): Promise<OpenFile> {
    await this.#begun(signal);
    const file = this.#fileOf(id);
    file.users++;
    try {
      await this.#opens.run(id, 'alone', () => this.#openAtServer(file, signal));
    } catch (error) {
      await this.closed(file);
      throw error;
    }
    return new OpenFile(file, this, `${this.#links.client}:${++this.#serial}`);
  }

  /**
   * Make a file, empty.
   * @throws FileExistsError, FileRefusedError, BadFileError, ClosedError, the signal's reason
   */
  async create(id: FileId, { signal }: FileCallOptions = {}): Promise<void> {
    if ((await this.#change(id, { type: 'create' }, signal)) === 'exists') throw new FileExistsError(id);
  }

  /**
   * Remove a file, if it is there. What is open goes on until it is flushed, which then fails.
   * @throws FileRefusedError, BadFileError, ClosedError, the signal's reason
   */
  async remove(id: FileId, { signal }: FileCallOptions = {}): Promise<void> {
    await this.#change(id, { type: 'remove' }, signal);
  }

  stats(): PageCacheStats {
    const states = Object.fromEntries(pageStatuses.map((status) => [status, 0])) as Record<PageStatus, number>;
    let dirtyPages = 0;
    let hitsTotal = this.#hits;
    let pagesReadTotal = this.#pagesRead;
    for (const file of this.#files.values()) {
      file.countStates(states);
      dirtyPages += file.dirtyPages;
      hitsTotal += file.hits;
      pagesReadTotal += file.pagesRead;
    }
    return {
      files: this.#files.size,
      pages: this.#memory.frames.taken,
      dirtyPages,
      states,
      hitsTotal,
      pagesReadTotal,
      evictionsTotal: this.#memory.evictions,
      callsTotal: this.#links.counts.calls,
      lostCallsTotal: this.#links.counts.lost,
      leasesLostTotal: this.#leasesLost,
    };
  }

  /**
   * Flush every file and give the pages back. With `abandon` nothing is flushed: what is not stable is lost.
   * @throws AggregateError of the WriteLostErrors
   */
  close({ abandon = false }: { readonly abandon?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(abandon);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get isClosed(): boolean {
    return this.#links.closed;
  }

  inTurn<Value>(file: FileId, how: 'shared' | 'alone', work: () => Promise<Value>): Promise<Value> {
    return this.#turns.run(file, how, work);
  }

  async revalidate(file: CachedFile, signal: AbortSignal | undefined): Promise<void> {
    file.revalidate(await this.#tried(() => this.#links.metadata.attributes(file.id), signal));
  }

  async closed(file: CachedFile): Promise<void> {
    file.users--;
    if (file.users === 0) await this.#opens.run(file.id, 'alone', () => this.#closeAtServer(file));
    this.#forgetFiles();
  }

  /** Close-to-open consistency: the server is asked, and remembers that the file is open unless it does already. */
  async #openAtServer(file: CachedFile, signal: AbortSignal | undefined): Promise<void> {
    const { client, metadata } = this.#links;
    for (;;) {
      const { lease } = this.#links;
      if (file.openLease === lease) return this.revalidate(file, signal);
      const answer = await this.#tried(() => metadata.open({ client, lease, file: file.id }), signal);
      if (answer.status === 'done') {
        file.revalidate(answer.attributes);
        file.openLease = lease;
        return;
      }
      if (answer.why === 'permanent') throw new FileRefusedError(file.id, 'open', answer.code);
      await delay(this.#links.lost(0));
    }
  }

  async #closeAtServer(file: CachedFile): Promise<void> {
    const { client, metadata } = this.#links;
    while (file.users === 0 && file.openLease === this.#links.lease && !this.#links.closed) {
      try {
        await metadata.close({ client, lease: file.openLease, file: file.id });
        file.openLease = 0;
      } catch {
        await delay(this.#links.lost(0));
      }
    }
  }

  /** What was open is open under the new lease too, unless somebody denies it by now: then what is written is refused. */
  async #openAgain(file: CachedFile): Promise<void> {
    if (file.users === 0) return;
    try {
      await this.#openAtServer(file, this.#ended.signal);
    } catch {
      // The file is gone, or the cache is closed: a flush says so.
    }
  }

  async #begun(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closing !== undefined) throw new ClosedError('The page cache');
    await orAborted(this.#ready.promise, signal);
  }

  async #change(file: FileId, operation: FileOperation, signal: AbortSignal | undefined): Promise<'done' | 'exists'> {
    await this.#begun(signal);
    const { client, metadata } = this.#links;
    const id = { owner: `${client}:${++this.#sequence}.f`, sequence: 1 };
    for (;;) {
      const ask = () => metadata.change({ client, lease: this.#links.lease, id, file, operation });
      const answer = await this.#tried(ask, signal);
      if (answer.status === 'exists') return 'exists';
      if (answer.status !== 'refused') return 'done';
      if (answer.code === 'HF_NO_FILE') throw new NoFileError(file);
      if (answer.why === 'permanent') throw new FileRefusedError(file, operation.type, answer.code);
      await delay(this.#links.lost(0));
    }
  }

  /** An answer of the metadata server, however often it has to be asked. */
  async #tried<Answer>(ask: () => Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closing !== undefined) throw new ClosedError('The page cache');
      try {
        const answer = await ask();
        this.#links.answered(0);
        return answer;
      } catch (error) {
        if (isRefusal(error)) throw error;
        await delay(this.#links.lost(0));
      }
    }
  }

  #fileOf(id: FileId): CachedFile {
    const known = this.#files.get(id);
    const owner = `${this.#links.client}:${++this.#serial}`;
    const file = known ?? new CachedFile(id, this.#memory, this.#links, owner);
    this.#files.delete(id);
    this.#files.set(id, file);
    return file;
  }

  /** Files nobody has open go when they have no pages left, or when there are too many. */
  #forgetFiles(): void {
    for (const file of this.#files.values()) {
      if (this.#files.size <= cachedFilesMax) return;
      if (file.users > 0 || file.dirtyPages > 0) continue;
      this.#files.delete(file.id);
      this.#hits += file.hits;
      this.#pagesRead += file.pagesRead;
      file.close();
    }
  }

  /** Hear what the metadata server has to say; begin anew when it does not speak any more. */
  async #listen(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        const { client, lease, metadata } = this.#links;
        for await (const word of metadata.words({ client, lease }, signal)) {
          this.#links.answered(0);
          if (word.type === 'recall') this.#files.get(word.file)?.recall();
          else this.#begin(word.lease);
        }
      } catch {
        // The server is gone, or this is the end: the loop sees which.
      }
      if (!signal.aborted) await delay(this.#links.lost(0));
    }
  }

  #begin(lease: number): void {
    // Another server goes on with the lease.
    if (lease === this.#links.lease) return;
    const isFirst = this.#links.lease === 0;
    this.#links.lease = lease;
    this.#ready.resolve();
    if (isFirst) return;
    this.#leasesLost++;
    for (const file of this.#files.values()) {
      file.leaseLost(lease);
      void this.#opens.run(file.id, 'alone', () => this.#openAgain(file));
    }
  }

  /** Said once: a server that is gone, or does not hear it, ends the lease by itself. */
  async #leave(): Promise<void> {
    const { client, lease, metadata } = this.#links;
    if (lease > 0) await metadata.leave({ client, lease }).catch(() => undefined);
  }

  async #close(abandon: boolean): Promise<void> {
    const files = [...this.#files.values()];
    const flushes = abandon ? [] : await Promise.allSettled(files.map((file) => file.flush()));
    this.#links.closed = true;
    this.#ended.abort();
    for (const file of files) file.close();
    this.#files.clear();
    this.#memory.frames.close();
    await this.#leave();
    const lost = flushes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (lost.length > 0) throw new AggregateError(lost, 'Some files could not be flushed.');
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether an error is the server's own answer, and will be the same again. */
function isRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String((error as { code: unknown }).code) : '';
  return ['HF_BAD_FILE', 'HF_FILE_DAMAGED', 'HF_SCHEMA', 'HF_DEFINITION_MISMATCH'].includes(code);
}
