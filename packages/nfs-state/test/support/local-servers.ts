import {
  ClientDesk,
  DataServer,
  type DataServerPort,
  FileStore,
  type Hello,
  LayoutFences,
  type LocalHead,
  MetadataServer,
  type MetadataServerPort,
  type ObjectPort,
  PageCache,
  type ServerWord,
} from '@holdfast/nfs-state';
import { NodeDownError, type PagePool } from '@holdfast/runtime';
import { onTestFinished } from 'vitest';
import { Head } from './head.ts';
import { memberPools } from './local-pool.ts';
import { MemoryObjects } from './memory-objects.ts';

const dataServers = 3;
const nodes = ['n1', 'n2', 'n3'];
const pagesEach = 2048;

/** Objects for a server that may die: nothing it asks for afterwards is done, or answered. */
function mortal(objects: ObjectPort, died: AbortSignal): ObjectPort {
  const live = async <Value>(work: () => Promise<Value>): Promise<Value> =>
    died.aborted ? new Promise<Value>(() => undefined) : work();
  return {
    create: (name) => live(() => objects.create(name)),
    remove: (name) => live(() => objects.remove(name)),
    claim: (name) => live(() => objects.claim(name)),
    read: (name, offset, into) => live(() => objects.read(name, offset, into)),
    write: (name, runs, toughness) => live(() => objects.write(name, runs, toughness)),
    sync: (name) => live(() => objects.sync(name)),
    truncate: (name, sizeBytes) => live(() => objects.truncate(name, sizeBytes)),
    locate: (name, offset, bytes) => live(() => objects.locate(name, offset, bytes)),
  };
}

/** The same of the head that a server asks; what was asked before is done. */
const mortalHead = (head: Head, died: AbortSignal): LocalHead => ({
  state: head.state,
  ask: async (request) => (died.aborted ? new Promise(() => undefined) : head.ask(request)),
});

/** The answer of a server, unless it dies first. */
async function untilDeath<Answer>(work: Promise<Answer>, died: AbortSignal): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const die = (): void => reject(new NodeDownError('server 0', 'unknown'));
  if (died.aborted) die();
  died.addEventListener('abort', die);
  try {
    return await Promise.race([work, promise]);
  } finally {
    died.removeEventListener('abort', die);
  }
}

/** What the next answer to a call of a kind is to be, by the name of the call. */
export type Trouble = 'lost before' | 'lost after';

/**
 * Servers in this thread, over objects in memory: each can be lost with whatever is asked of it, and starts anew. Bytes go
 * through shared pages as between threads.
 */
export class LocalServers {
  readonly objects = new MemoryObjects(nodes, 4 * 4096);
  readonly pools: PagePool[];
  /** The state that outlives the metadata server. */
  readonly head = new Head();
  metadata!: MetadataServer;
  readonly data: DataServer[] = [];
  /** Calls that were made, by server and name. */
  readonly calls: string[] = [];
  readonly #trouble = new Map<string, Trouble[]>();
  #died = new AbortController();
  #epoch = 0;
  #lives = 0;
  #clients = 0;

  constructor(clients = 2) {
    this.pools = memberPools(1 + dataServers + clients, pagesEach);
    for (let server = 1; server <= dataServers; server++) this.restartData(server);
    this.restartMetadata();
  }

  /** The metadata server dies, and another one goes on: what is not stable is gone, what it granted is not. */
  restartMetadata(): void {
    this.#died.abort();
    const died = new AbortController();
    this.#died = died;
    this.metadata?.stop();
    const objects = mortal(this.objects, died.signal);
    const known = nodes.map((node, place) => ({ node, port: this.#dataPort(place + 1) }));
    this.#epoch++;
    this.metadata = new MetadataServer({
      files: new FileStore({ objects, epoch: this.#epoch, now: () => 1000 }),
      objects,
      desk: new ClientDesk(mortalHead(this.head, died.signal), this.#epoch),
      dataServers: new LayoutFences(known),
      pages: this.pools[0]!,
    });
  }

  /** A data server dies and comes back. Memory objects forget what is not stable, whoever wrote it. */
  restartData(server: number): void {
    this.objects.restart();
    this.data[server] = new DataServer({
      objects: this.objects,
      pages: this.pools[server]!,
      life: `${server}.${++this.#lives}`,
    });
  }

  /** The next call `name` of `server` (0: the metadata server) is not answered, carried out or not. */
  lose(server: number, name: string, how: Trouble): void {
    const key = `${server}.${name}`;
    this.#trouble.set(key, [...(this.#trouble.get(key) ?? []), how]);
  }

  /** A client in the pages of one of the threads there are for clients. */
  cache(pagesMax = 512): PageCache {
    const client = this.#clients++;
    const pools = this.pools.slice(1 + dataServers);
    const cache = new PageCache({
      client: `c${client}`,
      pages: pools[client % pools.length]!,
      metadata: this.#metadataPort(),
      dataServers: nodes.map((_, place) => this.#dataPort(place + 1)),
      pagesMax,
    });
    onTestFinished(async () => {
      await cache.close({ abandon: true });
      this.metadata.stop();
    });
    return cache;
  }

  async #through<Answer>(server: number, name: string, call: () => Promise<Answer>): Promise<Answer> {
    this.calls.push(`${server}.${name}`);
    const trouble = this.#trouble.get(`${server}.${name}`)?.shift();
    // Over a wire a call is carried out later than it was made.
    await new Promise((resolve) => setImmediate(resolve));
    if (trouble === 'lost before') throw new NodeDownError(`server ${server}`, 'unknown');
    const answer = await (server === 0 ? untilDeath(call(), this.#died.signal) : call());
    if (trouble === 'lost after') throw new NodeDownError(`server ${server}`, 'unknown');
    return answer;
  }

  async *#words(hello: Hello, signal: AbortSignal): AsyncGenerator<ServerWord, void> {
    const died = this.#died.signal;
    const words = this.metadata.words(hello, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await untilDeath(words.next(), died);
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      if (!died.aborted) await words.return?.();
    }
  }

  #dataPort(server: number): DataServerPort {
    return {
      write: (request) => this.#through(server, 'write', () => this.data[server]!.write(request)),
      commit: (request) => this.#through(server, 'commit', () => this.data[server]!.commit(request)),
      read: (request) => this.#through(server, 'read', () => this.data[server]!.read(request)),
      grant: (grant) => this.#through(server, 'grant', () => this.data[server]!.grant(grant)),
      fence: (grant) => this.#through(server, 'fence', () => this.data[server]!.fence(grant)),
      grants: (from) => this.#through(server, 'grants', () => this.data[server]!.grants(from)),
    };
  }

  #metadataPort(): MetadataServerPort {
    return {
      words: (hello, signal) => this.#words(hello, signal),
      leave: (hello) => this.#through(0, 'leave', () => this.metadata.leave(hello)),
      open: (file) => this.#through(0, 'open', () => this.metadata.open(file)),
      close: (file) => this.#through(0, 'close', () => this.metadata.close(file)),
      attributes: (file) => this.#through(0, 'attributes', () => this.metadata.attributes(file)),
      change: (change) => this.#through(0, change.operation.type, () => this.metadata.change(change)),
      read: (request) => this.#through(0, 'read', () => this.metadata.read(request)),
      write: (request) => this.#through(0, 'write', () => this.metadata.write(request)),
      commit: (file) => this.#through(0, 'commit', () => this.metadata.commit(file)),
      layoutGet: (request) => this.#through(0, 'layoutGet', () => this.metadata.layoutGet(request)),
      layoutReturn: (layout) => this.#through(0, 'layoutReturn', () => this.metadata.layoutReturn(layout)),
      lock: (wanted) => this.#through(0, 'lock', () => this.metadata.lock(wanted)),
      unlock: (held) => this.#through(0, 'unlock', () => this.metadata.unlock(held)),
    };
  }
}
