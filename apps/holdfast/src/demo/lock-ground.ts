import { type NfsClient, NfsHeads, type Reply, type Stateid } from '@holdfast/nfs-state';
import type { RaidArray } from '@holdfast/raid';
import type { Cluster } from '@holdfast/runtime';

/** Two clients on two heads that want the same lock: one holds it. */
export interface ContestedLock {
  /** The head of the client that is refused. */
  readonly survivor: string;
  /** Whether the holder may still write under its lock, whichever head it asks. */
  mayWrite(): Promise<boolean>;
  /** Whether the other client is refused, and told who holds it. */
  isRefused(): Promise<boolean>;
}

/** Where clients of NFS lock. */
export interface LockGround {
  /** One client takes a lock at the head on `node`, another one asks for it elsewhere. */
  contest(node: string): Promise<ContestedLock>;
}

const file = 'the file both want';
const wholeFile = { offset: 0n, length: 2n ** 64n - 1n };
const principal = 'demo';

/** Heads over the array of the demo. */
export class ClusterLocks implements LockGround {
  readonly #cluster: Cluster;
  readonly #array: RaidArray;
  readonly #nodes: readonly string[];
  #heads: NfsHeads | undefined;

  constructor(cluster: Cluster, array: RaidArray, nodes: readonly string[]) {
    this.#cluster = cluster;
    this.#array = array;
    this.#nodes = nodes;
  }

  async contest(node: string): Promise<ContestedLock> {
    const survivor = this.#nodes.find((other) => other !== node)!;
    const heads = await NfsHeads.start(this.#cluster, { array: this.#array, heads: [node, survivor] });
    this.#heads = heads;
    // The holder asks the head on `node` first, and goes to the other one when it is gone.
    const holder = new LockClient('anna', heads.client());
    const other = new LockClient('ben', heads.head(survivor).client());
    await holder.begin();
    await other.begin();
    const granted = await holder.lock();
    return {
      survivor,
      mayWrite: async () => (await holder.write(granted.stateid!)).status === 'OK',
      isRefused: async () => (await other.lock()).denied?.client === holder.id,
    };
  }

  async close(): Promise<void> {
    await this.#heads?.close();
  }
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

  get id(): string {
    return this.#id;
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

  write(stateid: Stateid): Promise<Reply> {
    return this.#client.ask({ type: 'io', file, stateid, write: true });
  }
}
