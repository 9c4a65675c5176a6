import type { PagePool } from '@holdfast/runtime/service';
import type { FileAttributes, FileId, FilePort } from '../file-port.ts';
import { layoutLookBytes, recallMs, stripeUnitsMax } from '../limits.ts';
import { contentObject } from '../objects/file-objects.ts';
import { FileTurns } from '../objects/file-turns.ts';
import { blockBytes, type ObjectPort } from '../objects/object-port.ts';
import type { ClientDesk, HeldLayout } from './client-desk.ts';
import { ClientPresence } from './client-presence.ts';
import { withRuns } from './held-runs.ts';
import type { LayoutFences } from './layout-fences.ts';
import type {
  Change,
  ChangeAnswer,
  FileBytes,
  FileChanged,
  FileOpening,
  FileRead,
  FileWrite,
  Hello,
  LayoutAnswer,
  LayoutGet,
  LayoutGrant,
  LockAnswer,
  LockMessage,
  OpenAnswer,
  Refusal,
  ServerWord,
} from './messages.ts';
import { fenced, orRefusal } from './refusals.ts';

/** What clients ask of the metadata server. */
export interface MetadataServerPort {
  /**
   * Listen: the first word is the client's lease, the one it had if that did not end. It lasts while the client listens,
   * and for a while after.
   */
  words(hello: Hello, signal: AbortSignal): AsyncIterable<ServerWord>;
  /** The client is done: its lease ends. */
  leave(hello: Hello): Promise<void>;
  /** Until it is closed, or the lease ends. To open it again does nothing. */
  open(file: FileOpening): Promise<OpenAnswer>;
  close(file: FileOpening): Promise<void>;
  attributes(file: FileId): Promise<FileAttributes | undefined>;
  change(change: Change): Promise<ChangeAnswer>;
  read(request: FileRead): Promise<FileBytes>;
  write(request: FileWrite): Promise<FileChanged>;
  commit(file: FileId): Promise<FileChanged>;
  /** Of a file that the client has open. */
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

/**
 * Size, change attribute, opens, layouts and locks of files, and their content for clients that hold no layout. What it
 * grants is in the state that heads share: the next server goes on with it.
 */
export class MetadataServer implements MetadataServerPort {
  readonly #files: FilePort;
  readonly #objects: Pick<ObjectPort, 'locate'>;
  readonly #desk: ClientDesk;
  readonly #dataServers: LayoutFences;
  readonly #pages: PagePool;
  readonly #presence: ClientPresence;
  /** Changes of files that clients asked for and that are under way: a lease ends after them. */
  readonly #acting = new FileTurns();
  /** Whoever waits for layouts of a file to come back. */
  readonly #recalling = new Map<FileId, Set<() => void>>();

  constructor({ files, objects, desk, dataServers, pages }: MetadataServerOptions) {
    this.#files = files;
    this.#objects = objects;
    this.#desk = desk;
    this.#dataServers = dataServers;
    this.#pages = pages;
    this.#presence = new ClientPresence(desk, (client) => this.#end(client));
  }

  async *words({ client, lease }: Hello, signal: AbortSignal): AsyncGenerator<ServerWord, void> {
    const queue = this.#presence.arrived(client);
    try {
      // An end that is under way is waited for.
      const goesOn = await this.#acting.run(client, 'shared', () => this.#desk.isCurrent(client, lease));
      if (goesOn) {
        yield { type: 'lease', lease };
        for (const file of this.#desk.recalledOf(client)) yield { type: 'recall', file };
      } else {
        await this.#end(client);
        yield { type: 'lease', lease: await this.#desk.begin(client) };
      }
      yield* queue.heard(signal);
    } finally {
      this.#presence.left(client, queue);
    }
  }

  async leave({ client, lease }: Hello): Promise<void> {
    if (!(await this.#desk.isCurrent(client, lease))) return;
    await this.#end(client);
    this.#presence.forget(client);
  }

  /** Nothing is done by itself any more. What clients hold stays theirs. */
  stop(): void {
    this.#presence.stop();
  }

  /** End the lease of a client that still listens: it hears nothing more and begins anew. */
  async expire(client: string): Promise<void> {
    await this.#end(client);
    this.#presence.forget(client);
  }

  open({ client, lease, file }: FileOpening): Promise<OpenAnswer> {
    return orRefusal(async () => {
      const attributes = await this.#files.attributes(file);
      if (attributes === undefined) return { status: 'done' };
      const status = await this.#desk.open(client, lease, file);
      if (status === 'fenced') return fenced;
      const refused = { status: 'refused', why: 'permanent', code: status } as const;
      return status === 'OK' ? { status: 'done', attributes } : refused;
    });
  }

  async close({ client, lease, file }: FileOpening): Promise<void> {
    if (await this.#desk.isCurrent(client, lease)) await this.#desk.close(client, file);
  }

  attributes(file: FileId): Promise<FileAttributes | undefined> {
    return this.#files.attributes(file);
  }

  change({ client, lease, id, file, operation }: Change): Promise<ChangeAnswer> {
    return this.#acted(client, lease, async () => {
      if (operation.type === 'layout-commit' && !(await this.#desk.mayCommit(client, file))) return fenced;
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
    return this.#acted(client, lease, async () => {
      const written = await withRuns(this.#pages, runs, (bytes) => this.#files.write(file, bytes, 'UNSTABLE'));
      return { status: 'done', ...written };
    });
  }

  commit(file: FileId): Promise<FileChanged> {
    return orRefusal(async () => ({ status: 'done', ...(await this.#files.commit(file)) }));
  }

  async layoutGet({ client, lease, file }: LayoutGet): Promise<LayoutAnswer> {
    if (!(await this.#desk.isCurrent(client, lease))) return { status: 'refused', why: 'later' };
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

  async layoutReturn(layout: LayoutGrant): Promise<void> {
    await this.#dataServers.fence(layout);
    await this.#desk.returnLayout(layout);
    this.#wake(layout.file);
  }

  async lock({ lease, ...wanted }: LockMessage): Promise<LockAnswer> {
    if (!(await this.#desk.isCurrent(wanted.client, lease))) return { status: 'fenced' };
    return { status: await this.#desk.lock(wanted) };
  }

  async unlock({ lease, ...held }: LockMessage): Promise<void> {
    if (await this.#desk.isCurrent(held.client, lease)) await this.#desk.unlock(held);
  }

  /** Ask all clients but one to give their layouts of a file back. Those that do not in time lose them. */
  async recall(file: FileId, except?: string): Promise<void> {
    await this.#recall(file, except);
  }

  /** Change something for a client whose lease is current, which does not end before that. */
  #acted<Answer>(client: string, lease: number, work: () => Promise<Answer>): Promise<Answer | Refusal> {
    return orRefusal(() =>
      this.#acting.run(client, 'shared', async () => ((await this.#desk.isCurrent(client, lease)) ? work() : fenced)),
    );
  }

  async #recall(file: FileId, except: string | undefined): Promise<void> {
    const untilMs = performance.now() + recallMs;
    const asked = new Set<string>();
    for (;;) {
      const woken = Promise.withResolvers<void>();
      const waiters = this.#recalling.get(file) ?? new Set();
      this.#recalling.set(file, waiters);
      waiters.add(woken.resolve);
      try {
        const held = await this.#desk.recall(file, except);
        if (held.length === 0) break;
        for (const { client } of held) if (!asked.has(client)) this.#presence.say(client, { type: 'recall', file });
        for (const { client } of held) asked.add(client);
        const leftMs = untilMs - performance.now();
        if (leftMs > 0) await within(woken.promise, leftMs);
        else for (const each of held) await this.#revoke(each);
      } finally {
        waiters.delete(woken.resolve);
        if (waiters.size === 0) this.#recalling.delete(file);
      }
    }
  }

  /** End a lease: nothing that was granted under it is carried out any more when its locks go to others. */
  async #end(client: string): Promise<void> {
    await this.#acting.run(client, 'alone', async () => {
      const held = this.#desk.layoutsOf(client);
      await Promise.all(held.map((each) => this.#dataServers.fence(each)));
      await this.#desk.end(client);
      for (const { file } of held) {
        await this.#lookAgain(file);
        this.#wake(file);
      }
    });
  }

  async #revoke(held: HeldLayout): Promise<void> {
    await this.#dataServers.fence(held);
    await this.#desk.revokeLayout(held);
    await this.#lookAgain(held.file);
    this.#wake(held.file);
  }

  #wake(file: FileId): void {
    for (const wake of this.#recalling.get(file) ?? []) wake();
  }

  /** What was written under a layout that was taken away may be there and was never made known: others must look again. */
  async #lookAgain(file: FileId): Promise<void> {
    const id = { owner: 'revoked', sequence: this.#desk.nextNumber() };
    await this.#files.apply(id, file, { type: 'layout-commit', endBytes: 0 });
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
