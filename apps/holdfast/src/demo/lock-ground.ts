import {
  addMetadataServer,
  type NfsClient,
  NfsHeads,
  type OpenFile,
  PageCache,
  type Reply,
  type Stateid,
  startPageServers,
} from '@holdfast/nfs-state';
import type { RaidArray } from '@holdfast/raid';
import type { Cluster } from '@holdfast/runtime';

/** Two clients on two heads that want the same lock: one holds it, and writes under it through its page cache. */
export interface ContestedLock {
  /** The head of the client that is refused. */
  readonly survivor: string;
  /** Bytes that the holder has written under its lock, half of them not made stable before its head dies. */
  readonly bytes: number;
  /** Whether the holder still has its lock, and what it wrote under it became stable. */
  isHeld(): Promise<boolean>;
  /** Whether the other client is refused, and told who holds it. */
  isRefused(): Promise<boolean>;
  /** Bytes that another client reads and that are not what was written. */
  differentBytes(): Promise<number>;
}

/** Where clients of NFS lock. */
export interface LockGround {
  /** One client takes a lock at the head on `node`, another one asks for it elsewhere. */
  contest(node: string): Promise<ContestedLock>;
}

const file = 'the-file-both-want';
const fileBytes = 2 << 20;
const pagesMax = 1024;
const wholeFile = { offset: 0n, length: 2n ** 64n - 1n };
const principal = 'demo';

/** Bytes that differ from page to page, and within one. */
const contentOf = (bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => (at >> 12) * 31 + at * 7 + 1);

/** Heads over the array of the demo. */
export class ClusterLocks implements LockGround {
  readonly #cluster: Cluster;
  readonly #array: RaidArray;
  readonly #nodes: readonly string[];
  #heads: NfsHeads | undefined;
  readonly #caches: PageCache[] = [];

  constructor(cluster: Cluster, array: RaidArray, nodes: readonly string[]) {
    this.#cluster = cluster;
    this.#array = array;
    this.#nodes = nodes;
  }

  async contest(node: string): Promise<ContestedLock> {
    const survivor = this.#nodes.find((other) => other !== node)!;
    const heads = await NfsHeads.start(this.#cluster, { array: this.#array, heads: [node, survivor] });
    this.#heads = heads;
    const dataServers = [...this.#nodes];
    await startPageServers(this.#cluster, { metadata: [node], dataServers });
    const connect = async (): Promise<PageCache> => {
      const options = { metadata: [node, survivor], dataServers, pagesMax };
      const cache = await PageCache.connect(this.#cluster.main, options);
      this.#caches.push(cache);
      return cache;
    };
    // Served by the head on `node`, as the only one that could.
    const cache = await connect();
    await addMetadataServer(this.#cluster, { node: survivor, dataServers });
    const content = contentOf(fileBytes);
    const held = await writeUnderLock(cache, content);
    const other = new LockClient('ben', heads.head(survivor).client());
    await other.begin();
    const holder = (await other.lock()).denied?.client;
    return {
      survivor,
      bytes: fileBytes,
      isHeld: async () => {
        await held.fsync();
        return cache.stats().leasesLostTotal === 0;
      },
      isRefused: async () => holder !== undefined && (await other.lock()).denied?.client === holder,
      differentBytes: async () => {
        await using copy = await (await connect()).open(file);
        const read = await copy.read(0, fileBytes + 1);
        const different = content.reduce((sum, byte, at) => sum + (read[at] === byte ? 0 : 1), 0);
        return different + Math.max(0, read.length - content.length);
      },
    };
  }

  async close(): Promise<void> {
    for (const cache of this.#caches) await cache.close();
    await this.#heads?.close();
  }
}

/** A file with a lock on all of it, written; the second half is in the cache only. */
async function writeUnderLock(cache: PageCache, content: Uint8Array): Promise<OpenFile> {
  await cache.create(file);
  const open = await cache.open(file);
  await open.lock();
  const half = content.length / 2;
  await open.write(0, content.subarray(0, half));
  await open.fsync();
  await open.write(half, content.subarray(half));
  return open;
}

/** A client of NFSv4.0 with one file open. */
class LockClient {
  readonly #name: string;
  readonly #client: NfsClient;
  #id = '';
  #open: Stateid | undefined;
  #seqid = 2;

  constructor(name: string, client: NfsClient) {
    this.#name = name;
    this.#client = client;
  }

  async begin(): Promise<void> {
    const [name, owner] = [this.#name, this.#name];
    const named = await this.#client.ask({ type: 'setclientid', name, verifier: '1', principal, callback: '' });
    this.#id = named.clientId!;
    await this.#client.ask({ type: 'setclientid-confirm', client: this.#id, confirm: named.confirm!, principal });
    const opening = { type: 'open', client: this.#id, owner, seqid: 1, file, access: 3, deny: 0 } as const;
    const opened = await this.#client.ask(opening);
    const confirmed = await this.#client.ask({ type: 'open-confirm', stateid: opened.stateid!, seqid: this.#seqid });
    this.#open = confirmed.stateid!;
  }

  lock(): Promise<Reply> {
    this.#seqid++;
    return this.#client.ask({
      type: 'lock-new',
      open: this.#open!,
      openSeqid: this.#seqid,
      owner: this.#name,
      lockSeqid: 1,
      lockType: 'write',
      range: wholeFile,
    });
  }
}
