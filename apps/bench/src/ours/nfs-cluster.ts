import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOperation, type NfsClient, NfsHeads, type PriorityOptions, type Reply } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';

export const headNodes = ['n0', 'n1'];

export interface HeadsUnderTest {
  readonly cluster: Cluster;
  readonly nfs: NfsHeads;
  /** Bytes written to the log since the start, padding included, and in how many batches. */
  readonly logged: () => Promise<{ readonly bytes: number; readonly batches: number }>;
}

/** Two heads on the two nodes whose drives hold the log. */
export async function withHeads<Answer>(
  priority: PriorityOptions,
  use: (under: HeadsUnderTest) => Promise<Answer>,
): Promise<Answer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cluster = await Cluster.start({ nodes: headNodes.length, storage: join(directory, 'cluster') });
    await using array = await RaidArray.create(cluster, { data: 1, extentBlocks: 1024 });
    await using nfs = await NfsHeads.start(cluster, { array, heads: headNodes, priority });
    const logged = async () => {
      const places = await Promise.all(headNodes.map((node) => nfs.head(node).place()));
      const sum = (of: 'logBytes' | 'logBatches') => places.reduce((total, place) => total + place[of], 0);
      return { bytes: sum('logBytes'), batches: sum('logBatches') };
    };
    return await use({ cluster, nfs, logged });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What a client asks until it is answered anything but DELAY. */
export async function ask(client: NfsClient, operation: ClientOperation): Promise<Reply> {
  for (;;) {
    const reply = await client.ask(operation);
    if (reply.status !== 'DELAY') return reply;
  }
}

export async function granted(client: NfsClient, operation: ClientOperation): Promise<Reply> {
  const reply = await ask(client, operation);
  if (reply.status !== 'OK') throw new Error(`${operation.type} was answered ${reply.status}`);
  return reply;
}

const range = { offset: 0n, length: 10n };

/** A client of NFSv4.0 that has a file of its own open, and locks and unlocks the same bytes of it in turn. */
export class LockingClient {
  readonly #client: NfsClient;
  readonly #file: string;
  readonly #name: string;
  #id = '';
  #stateid = { key: '', seqid: 0 };
  #seqid = 1;
  isLocked = false;

  constructor(client: NfsClient, nth: number) {
    this.#client = client;
    this.#name = `client-${nth}`;
    this.#file = `file-${nth}`;
  }

  get id(): string {
    return this.#id;
  }

  async begin(): Promise<void> {
    const principal = 'bench';
    const said = await granted(this.#client, {
      type: 'setclientid',
      name: this.#name,
      verifier: '1',
      principal,
      callback: '',
    });
    const [client, file] = [said.clientId!, this.#file];
    this.#id = client;
    await granted(this.#client, { type: 'setclientid-confirm', client, confirm: said.confirm!, principal });
    const opened = { type: 'open', client, owner: 'o', seqid: 1, file, access: 3, deny: 0 } as const;
    const { stateid } = await granted(this.#client, opened);
    const confirmed = await granted(this.#client, { type: 'open-confirm', stateid: stateid!, seqid: 2 });
    const locked = await granted(this.#client, {
      type: 'lock-new',
      open: confirmed.stateid!,
      openSeqid: 3,
      owner: 'l',
      lockSeqid: 1,
      lockType: 'write',
      range,
    });
    this.#stateid = locked.stateid!;
    this.isLocked = true;
  }

  /** Lock, or unlock: a durable change. */
  async change(): Promise<void> {
    const asked = { stateid: this.#stateid, seqid: ++this.#seqid, range };
    const reply = this.isLocked
      ? await granted(this.#client, { type: 'unlock', ...asked })
      : await granted(this.#client, { type: 'lock', lockType: 'write', ...asked });
    this.#stateid = reply.stateid!;
    this.isLocked = !this.isLocked;
  }

  renew(): Promise<Reply> {
    return granted(this.#client, { type: 'renew', client: this.#id });
  }
}

/** Clients that have all begun. */
export async function lockingClients(nfs: NfsHeads, count: number): Promise<LockingClient[]> {
  const clients = Array.from({ length: count }, (_, nth) => new LockingClient(nfs.client(), nth));
  await Promise.all(clients.map((client) => client.begin()));
  return clients;
}
