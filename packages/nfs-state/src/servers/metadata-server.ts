import type { PagePool } from '@holdfast/runtime/service';
import type { FileAttributes, FileId, FilePort } from '../file-port.ts';
import { layoutLookBytes, recallMs, stripeUnitsMax } from '../limits.ts';
import { contentObject } from '../objects/file-objects.ts';
import { blockBytes, type ObjectPort } from '../objects/object-port.ts';
import type { ClientDesk } from './client-desk.ts';
import { withRuns } from './held-runs.ts';
import type { LayoutFences } from './layout-fences.ts';
import type {
  Change,
  ChangeAnswer,
  FileBytes,
  FileChanged,
  FileRead,
  FileWrite,
  LayoutAnswer,
  LayoutGet,
  LayoutGrant,
  LockAnswer,
  LockMessage,
  ServerWord,
} from './messages.ts';
import { fenced, orRefusal } from './refusals.ts';
import { WordQueue } from './word-queue.ts';

/** What clients ask of the metadata server. */
export interface MetadataServerPort {
  /**
   * Listen: the first word is the client's new lease, which lasts until it stops listening. Whatever the client held
   * before is gone by then.
   */
  words(client: string, signal: AbortSignal): AsyncIterable<ServerWord>;
  attributes(file: FileId): Promise<FileAttributes | undefined>;
  change(change: Change): Promise<ChangeAnswer>;
  read(request: FileRead): Promise<FileBytes>;
  write(request: FileWrite): Promise<FileChanged>;
  commit(file: FileId): Promise<FileChanged>;
  layoutGet(request: LayoutGet): Promise<LayoutAnswer>;
  /** Resolves when no data server carries out anything of the layout any more. */
  layoutReturn(layout: LayoutGrant): Promise<void>;
  lock(wanted: LockMessage): Promise<LockAnswer>;
  unlock(held: LockMessage): Promise<void>;
}

export interface MetadataServerOptions {
  readonly files: FilePort;
  readonly objects: Pick<ObjectPort, 'locate'>;
  readonly desk: ClientDesk;
  readonly dataServers: LayoutFences;
  readonly pages: PagePool;
}

/** Size, change attribute, layouts and locks of files, and their content for clients that hold no layout. */
export class MetadataServer implements MetadataServerPort {
  readonly #files: FilePort;
  readonly #objects: Pick<ObjectPort, 'locate'>;
  readonly #desk: ClientDesk;
  readonly #dataServers: LayoutFences;
  readonly #pages: PagePool;
  readonly #listeners = new Map<string, WordQueue>();
  /** Whoever waits for layouts of a file to come back. */
  readonly #recalling = new Map<FileId, Set<() => void>>();

  constructor({ files, objects, desk, dataServers, pages }: MetadataServerOptions) {
    this.#files = files;
    this.#objects = objects;
    this.#desk = desk;
    this.#dataServers = dataServers;
    this.#pages = pages;
  }

  async *words(client: string, signal: AbortSignal): AsyncGenerator<ServerWord, void> {
    this.#listeners.get(client)?.end();
    const queue = new WordQueue();
    this.#listeners.set(client, queue);
    try {
      await this.#end(client);
      yield { type: 'lease', lease: await this.#desk.begin(client) };
      yield* queue.heard(signal);
    } finally {
      if (this.#listeners.get(client) === queue) {
        this.#listeners.delete(client);
        await this.#end(client);
      }
    }
  }

  /** End the lease of a client that still listens: it hears nothing more and begins anew. */
  async expire(client: string): Promise<void> {
    await this.#end(client);
    this.#listeners.get(client)?.end();
  }

  attributes(file: FileId): Promise<FileAttributes | undefined> {
    return this.#files.attributes(file);
  }

  change({ client, lease, id, file, operation }: Change): Promise<ChangeAnswer> {
    return orRefusal(async () => {
      if (!this.#desk.isCurrent(client, lease)) return fenced;
      if (operation.type === 'layout-commit' && !this.#desk.holdsLayout(client, file)) return fenced;
      if (operation.type === 'resize' || operation.type === 'remove') await this.#recall(file, client);
      return this.#files.apply(id, file, operation);
    });
  }

  read({ file, runs }: FileRead): Promise<FileBytes> {
    return orRefusal(() =>
      withRuns(this.#pages, runs, async (into) => {
        const reads = into.map(({ offset, bytes }) => this.#files.read(file, offset, bytes));
        return { status: 'done', bytes: await Promise.all(reads) };
      }),
    );
  }

  write({ client, lease, file, runs }: FileWrite): Promise<FileChanged> {
    return orRefusal(async () => {
      if (!this.#desk.isCurrent(client, lease)) return fenced;
      const written = await withRuns(this.#pages, runs, (bytes) => this.#files.write(file, bytes, 'UNSTABLE'));
      return { status: 'done', ...written };
    });
  }

  commit(file: FileId): Promise<FileChanged> {
    return orRefusal(async () => ({ status: 'done', ...(await this.#files.commit(file)) }));
  }

  async layoutGet({ client, lease, file }: LayoutGet): Promise<LayoutAnswer> {
    if (!this.#desk.isCurrent(client, lease)) return { status: 'refused', why: 'later' };
    const layout = await this.#desk.grantLayout(client, file);
    if (typeof layout === 'string') return { status: 'refused', why: layout };
    const up = await this.#dataServers.grant({ client, file, layout });
    if (up.length === 0) {
      await this.layoutReturn({ client, file, layout });
      return { status: 'refused', why: 'later' };
    }
    const pieces = (await this.#objects.locate(contentObject(file), 0, layoutLookBytes)).slice(0, stripeUnitsMax);
    const unitPages = Math.max(1, Math.round((pieces[0]?.bytes ?? 0) / blockBytes));
    const servers = pieces.map(({ node }, place) => this.#dataServers.at(node, up) ?? up[place % up.length]!);
    return { status: 'granted', layout, unitPages, servers: servers.length === 0 ? [...up] : servers };
  }

  async layoutReturn({ client, file, layout }: LayoutGrant): Promise<void> {
    await this.#dataServers.fence({ client, file, layout });
    await this.#desk.returnLayout(client, file, layout);
    for (const wake of this.#recalling.get(file) ?? []) wake();
  }

  async lock({ lease, ...wanted }: LockMessage): Promise<LockAnswer> {
    if (!this.#desk.isCurrent(wanted.client, lease)) return { status: 'fenced' };
    return { status: (await this.#desk.lock(wanted)) ? 'granted' : 'denied' };
  }

  async unlock({ lease, ...held }: LockMessage): Promise<void> {
    if (this.#desk.isCurrent(held.client, lease)) await this.#desk.unlock(held);
  }

  /** Ask all clients but one to give their layouts of a file back. Those that do not in time lose them. */
  async recall(file: FileId, except?: string): Promise<void> {
    await this.#recall(file, except);
  }

  async #recall(file: FileId, except: string | undefined): Promise<void> {
    const held = this.#desk.layoutsOf(file).filter(({ client }) => client !== except);
    if (held.length === 0) return;
    const waiters = this.#recalling.get(file) ?? new Set();
    this.#recalling.set(file, waiters);
    const untilMs = performance.now() + recallMs;
    for (const { client } of held) this.#listeners.get(client)?.say({ type: 'recall', file });
    for (;;) {
      const left = this.#desk.layoutsOf(file).filter((each) => held.some(({ layout }) => layout === each.layout));
      if (left.length === 0) break;
      const leftMs = untilMs - performance.now();
      if (leftMs > 0) await wokenWithin(waiters, leftMs);
      else for (const { client, layout } of left) await this.#revoke(client, file, layout);
    }
    if (waiters.size === 0) this.#recalling.delete(file);
  }

  async #end(client: string): Promise<void> {
    for (const { file, layout } of await this.#desk.end(client)) {
      await this.#dataServers.fence({ client, file, layout });
      await this.#lookAgain(file, layout);
      for (const wake of this.#recalling.get(file) ?? []) wake();
    }
  }

  async #revoke(client: string, file: FileId, layout: number): Promise<void> {
    await this.layoutReturn({ client, file, layout });
    await this.#lookAgain(file, layout);
  }

  /** What was written under a layout that was taken away may be there and was never made known: others must look again. */
  async #lookAgain(file: FileId, layout: number): Promise<void> {
    await this.#files.apply({ owner: 'revoked', sequence: layout }, file, { type: 'layout-commit', endBytes: 0 });
  }
}

/** Resolves when woken through `waiters` or after a while. */
async function wokenWithin(waiters: Set<() => void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  waiters.add(resolve);
  await promise;
  waiters.delete(resolve);
  clearTimeout(timer);
}
