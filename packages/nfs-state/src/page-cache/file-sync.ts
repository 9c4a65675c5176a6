import type { EffectSink } from '@holdfast/kernel';
import { ClosedError } from '@holdfast/runtime/service';
import { FileRefusedError } from '../errors.ts';
import type { FileAttributes, FileId } from '../file-port.ts';
import type { PageSyncEnv } from '../kernel/page-sync-env.ts';
import { pageSyncKernel } from '../kernel/page-sync-kernel.ts';
import { dataServerOf } from '../kernel/page-sync-pages.ts';
import { pageSyncRules } from '../kernel/page-sync-rules.ts';
import {
  type FlushResult,
  metadataServer,
  type PageAnswer,
  type PageNotice,
  type PageNumber,
  type PageRequest,
  type PageStatus,
  type PageSyncEvent,
  type PageSyncState,
  type ServerNumber,
} from '../kernel/page-sync-types.ts';
import { pageSyncBounds } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';
import type { ChangeAnswer, FileChanged, LayoutAnswer, Refusal } from '../servers/messages.ts';
import type { ServerLinks } from './server-links.ts';
import { batchesOf, type PageWrite, type WriteBatch, type WriteRequest } from './write-batch.ts';

/** What the kernel of a file asks of the pages it stands for. */
export interface SyncedPages {
  /** The bytes of a page that go out now. They stay as they are until they are let go of. */
  send(asked: WriteRequest): PageWrite;
  /** `answered`: the server is done with the bytes. Else it may still read them. */
  letGo(write: PageWrite, answered: boolean): void;
  noticed(notice: PageNotice): void;
  /** An answer told of a change of the file by this client. */
  changed(before: number, attributes: FileAttributes): void;
  /** Bytes of the file as the application sees it. */
  readonly sizeBytes: number;
}

interface Truncating {
  readonly sizeBytes: number;
  readonly sequence: number;
  refused: string | undefined;
}

type Question = Exclude<PageRequest, WriteRequest>;
interface Outgoing {
  readonly server: ServerNumber;
  /** Bytes are taken as they are when the kernel asks, not when they go out. */
  readonly what: Question | PageWrite;
}

/** Runs the page-sync kernel of one file: its requests become calls to servers, and their answers events. */
export class FileSync implements EffectSink<PageRequest, FlushResult, PageNotice> {
  readonly #file: FileId;
  readonly #links: ServerLinks;
  readonly #pages: SyncedPages;
  readonly #owner: string;
  readonly #state: PageSyncState;
  #env: PageSyncEnv;
  #outbox: Outgoing[] = [];
  #dispatching = false;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #calls = new Map<number, PromiseWithResolvers<FlushResult>>();
  #lastCall = 0;
  #sequence = 0;
  #truncating: Truncating | undefined;
  #closed = false;
  /** Codes of the errors behind pages that failed, until a flush reports them. */
  readonly failureCodes = new Set<string>();

  /** @param owner a name for the operations of this file on this client, used for nothing else ever. */
  constructor(file: FileId, links: ServerLinks, pages: SyncedPages, owner: string) {
    this.#file = file;
    this.#links = links;
    this.#pages = pages;
    this.#owner = owner;
    const dataServers = links.dataServers.length;
    this.#env = {
      dataServers,
      stripes: { pages: 1, servers: Array.from({ length: dataServers }, (_, place) => place + 1) },
      commitsThroughMetadataServer: false,
      rules: pageSyncRules,
      ...pageSyncBounds,
    };
    this.#state = pageSyncKernel.initial(this.#env);
    this.#state.lease = links.lease;
  }

  /** Pages by state; those that are clean are not known here. */
  countStates(into: Record<PageStatus, number>): void {
    for (const { status } of this.#state.pages.values()) into[status]++;
  }

  isClean(page: PageNumber): boolean {
    return !this.#state.pages.has(page);
  }

  get isAllClean(): boolean {
    return this.#state.pages.size === 0;
  }

  /** The layout reads may go by, if one is held. */
  get layout(): number | undefined {
    return this.#state.layout.status === 'held' ? this.#state.layout.generation : undefined;
  }

  dataServerOf(page: PageNumber): ServerNumber {
    return dataServerOf(page, this.#env);
  }

  write(page: PageNumber, content: number, locked: boolean): void {
    this.#step({ type: 'write', page, content, locked });
  }

  /** Let a page go out although nobody waits for it. */
  writeBack(page: PageNumber): void {
    this.#step({ type: 'write-back', page });
  }

  /** Resolves when everything written so far is stable, or was given up. */
  flush(): Promise<FlushResult> {
    return this.#call((call) => this.#step({ type: 'flush', call }));
  }

  /**
   * Cut the file off. One at a time; nothing is written meanwhile.
   * @throws FileRefusedError
   */
  async truncate(sizeBytes: number): Promise<void> {
    const truncating: Truncating = { sizeBytes, sequence: ++this.#sequence, refused: undefined };
    this.#truncating = truncating;
    await this.#call((call) => this.#step({ type: 'truncate', call, from: Math.ceil(sizeBytes / blockBytes) }));
    this.#truncating = undefined;
    if (truncating.refused !== undefined) throw new FileRefusedError(this.#file, 'resize', truncating.refused);
  }

  /** The metadata server wants the layout back, or nobody needs it any more. */
  recall(): void {
    this.#step({ type: 'recall' });
  }

  leaseLost(lease: number): void {
    this.#step({ type: 'lease-lost', lease });
  }

  /** Nothing more is asked of servers, and no answer counts. Whoever waits hears that it is over. */
  close(): void {
    this.#closed = true;
    for (const { reject } of this.#calls.values()) reject(closed());
    this.#calls.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  send(server: ServerNumber, request: PageRequest): void {
    const what = request.type === 'WRITE' ? this.#pages.send(request) : request;
    this.#outbox.push({ server, what });
  }

  setTimer(timer: number, afterMs: number): void {
    this.#after(`timer ${timer}`, afterMs, () => this.#step({ type: 'timer', timer }));
  }

  cancelTimer(timer: number): void {
    clearTimeout(this.#timers.get(`timer ${timer}`));
    this.#timers.delete(`timer ${timer}`);
  }

  reply(call: number, result: FlushResult): void {
    this.#calls.get(call)?.resolve(result);
    this.#calls.delete(call);
  }

  deliver(notice: PageNotice): void {
    this.#pages.noticed(notice);
  }

  trace(): void {
    // Steps are named for traces of the explorer; here nobody looks.
  }

  diskRead(): never {
    throw new TypeError('the page-sync kernel has no disk');
  }

  diskWrite(): never {
    throw new TypeError('the page-sync kernel has no disk');
  }

  diskFlush(): never {
    throw new TypeError('the page-sync kernel has no disk');
  }

  #step(event: PageSyncEvent): void {
    if (this.#closed) return;
    pageSyncKernel.step(this.#state, event, this.#env, this);
    if (this.#outbox.length === 0 || this.#dispatching) return;
    // What one turn of the loop asks for goes out together.
    this.#dispatching = true;
    queueMicrotask(() => this.#dispatch());
  }

  #answer(from: ServerNumber, answer: PageAnswer): void {
    this.#step({ type: 'answer', from, answer });
  }

  #call(begin: (call: number) => void): Promise<FlushResult> {
    if (this.#closed) return Promise.reject(closed());
    const waiting = Promise.withResolvers<FlushResult>();
    const call = ++this.#lastCall;
    this.#calls.set(call, waiting);
    begin(call);
    return waiting.promise;
  }

  #after(name: string, ms: number, then: () => void): void {
    if (this.#timers.has(name)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      then();
    }, ms);
    this.#timers.set(name, timer);
  }

  #dispatch(): void {
    this.#dispatching = false;
    const outbox = this.#outbox;
    this.#outbox = [];
    const writes = new Map<ServerNumber, PageWrite[]>();
    const sendWrites = (server: ServerNumber): void => {
      for (const batch of batchesOf(writes.get(server) ?? [])) this.#write(server, batch);
      writes.delete(server);
    };
    for (const { server, what } of outbox) {
      if ('asked' in what) {
        const gathered = writes.get(server) ?? [];
        gathered.push(what);
        writes.set(server, gathered);
      } else {
        sendWrites(server);
        this.#ask(server, what);
      }
    }
    for (const server of [...writes.keys()]) sendWrites(server);
  }

  #ask(server: ServerNumber, asked: Question): void {
    const { request } = asked;
    const { metadata, client } = this.#links;
    const file = this.#file;
    switch (asked.type) {
      case 'COMMIT':
        this.#commit(server, request);
        break;
      case 'LAYOUTGET':
        this.#server(server, metadata.layoutGet({ client, lease: this.#links.lease, file }), (answer) =>
          this.#layout(request, answer),
        );
        break;
      case 'LAYOUTRETURN':
        this.#server(server, metadata.layoutReturn({ client, file, layout: asked.layout }), () =>
          this.#answer(server, { type: 'LAYOUT_RETURNED', request }),
        );
        break;
      case 'LAYOUTCOMMIT': {
        const endBytes = Math.min(asked.end * blockBytes, this.#pages.sizeBytes);
        const id = { owner: `${this.#owner}.c`, sequence: ++this.#sequence };
        const change = {
          client,
          lease: asked.lease,
          id,
          file,
          operation: { type: 'layout-commit', endBytes },
        } as const;
        this.#server(server, metadata.change(change), (answer) => this.#layoutCommitted(request, answer));
        break;
      }
      case 'SETATTR':
        this.#resize(request);
        break;
    }
  }

  #write(server: ServerNumber, batch: WriteBatch): void {
    const { client } = this.#links;
    const file = this.#file;
    const { layout, lease, runs, writes } = batch;
    const asking =
      server === metadataServer
        ? this.#links.metadata.write({ client, lease, file, runs })
        : this.#links.dataServer(server).write({ client, file, layout, runs });
    this.#server<{ status: 'done'; verifier: string } | FileChanged>(
      server,
      asking,
      (answer) => {
        for (const write of writes) this.#pages.letGo(write, true);
        if (answer.status === 'refused') {
          this.#writesRefused(server, writes, answer);
          return;
        }
        if ('attributes' in answer) this.#pages.changed(answer.changeBefore, answer.attributes);
        const verifier = this.#links.verifierNumber(server, answer.verifier);
        for (const { asked } of writes) {
          const { request, page } = asked;
          this.#answer(server, { type: 'WRITTEN', request, page, how: 'UNSTABLE', verifier });
        }
      },
      () => {
        for (const write of writes) this.#pages.letGo(write, false);
      },
    );
  }

  #writesRefused(server: ServerNumber, writes: readonly PageWrite[], { why, code }: Refusal): void {
    if (why === 'permanent') this.failureCodes.add(code);
    for (const { asked } of writes) {
      this.#answer(server, { type: 'WRITE_FAILED', request: asked.request, page: asked.page, why });
    }
  }

  #commit(server: ServerNumber, request: number): void {
    const file = this.#file;
    const asking =
      server === metadataServer ? this.#links.metadata.commit(file) : this.#links.dataServer(server).commit({ file });
    this.#server<{ status: 'done'; verifier: string } | FileChanged>(server, asking, (answer) => {
      if (answer.status === 'refused') {
        this.#answer(server, { type: 'COMMIT_FAILED', request, again: answer.why === 'transient' });
        return;
      }
      if ('attributes' in answer) this.#pages.changed(answer.changeBefore, answer.attributes);
      const verifier = this.#links.verifierNumber(server, answer.verifier);
      this.#answer(server, { type: 'COMMITTED', request, verifier });
    });
  }

  #layout(request: number, answer: LayoutAnswer): void {
    if (answer.status === 'refused') {
      this.#answer(metadataServer, { type: 'LAYOUT_REFUSED', request, why: answer.why });
      return;
    }
    const { layout, unitPages, servers } = answer;
    if (servers.some((server) => server > this.#env.dataServers)) {
      // It names servers this client was not told of.
      this.#answer(metadataServer, { type: 'LAYOUT_REFUSED', request, why: 'unavailable' });
      return;
    }
    this.#env = { ...this.#env, stripes: { pages: unitPages, servers } };
    this.#answer(metadataServer, { type: 'LAYOUT', request, generation: layout });
  }

  #layoutCommitted(request: number, answer: ChangeAnswer): void {
    if (answer.status === 'ok') {
      this.#pages.changed(answer.changeBefore, answer.attributes);
      this.#answer(metadataServer, { type: 'LAYOUT_COMMITTED', request });
      return;
    }
    const again = answer.status === 'superseded' || (answer.status === 'refused' && answer.why === 'transient');
    this.#answer(metadataServer, { type: 'LAYOUT_COMMIT_FAILED', request, again });
  }

  #resize(request: number): void {
    const truncating = this.#truncating!;
    const { sizeBytes, sequence } = truncating;
    const { client, lease, metadata } = this.#links;
    const id = { owner: `${this.#owner}.r`, sequence };
    const change = { client, lease, id, file: this.#file, operation: { type: 'resize', sizeBytes } } as const;
    this.#server(metadataServer, metadata.change(change), (answer) => {
      if (answer.status === 'refused' && answer.why !== 'permanent') {
        this.#lost(metadataServer);
        return;
      }
      if (answer.status === 'ok') this.#pages.changed(answer.changeBefore, answer.attributes);
      else truncating.refused = answer.status === 'refused' ? answer.code : answer.status;
      this.#answer(metadataServer, { type: 'ATTRIBUTES_SET', request });
    });
  }

  /** One request to a server. What is not answered was lost with everything else that is outstanding there. */
  #server<Answer>(
    server: ServerNumber,
    asking: Promise<Answer>,
    answered: (answer: Answer) => void,
    lost: () => void = () => undefined,
  ): void {
    this.#links.counts.calls++;
    asking.then(
      (answer) => {
        this.#links.answered(server);
        answered(answer);
      },
      () => {
        lost();
        this.#lost(server);
      },
    );
  }

  /** Told to the kernel after a while: it asks again at once. */
  #lost(server: ServerNumber): void {
    const name = `server ${server}`;
    if (this.#closed || this.#timers.has(name)) return;
    this.#after(name, this.#links.lost(server), () => this.#step({ type: 'server-lost', server }));
  }
}

const closed = (): ClosedError => new ClosedError('The page cache');
