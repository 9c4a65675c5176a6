import type { OpenFile, PageCache } from '@holdfast/nfs-state';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LocalServers, type Trouble } from '../support/local-servers.ts';

const clients = 3;
const fileBytes = 60_000;
/** Bytes side by side that belong to one client: several share a page, so that pages are written in parts. */
const regionBytes = 700;
const runs = Number(process.env.HOLDFAST_WORKLOADS ?? 40);
const stepMsMax = 60_000;

const ownerOf = (at: number): number => Math.floor(at / regionBytes) % clients;

type Step =
  | { readonly type: 'write'; readonly client: number; readonly at: number; readonly bytes: number }
  | { readonly type: 'read'; readonly client: number; readonly at: number; readonly bytes: number }
  | { readonly type: 'fsync' | 'reopen'; readonly client: number }
  | { readonly type: 'truncate'; readonly client: number; readonly size: number }
  | { readonly type: 'lose'; readonly server: number; readonly call: string; readonly how: Trouble }
  | { readonly type: 'restart'; readonly server: number }
  | { readonly type: 'recall' };

const client = fc.nat(clients - 1);
const range = { client, at: fc.nat(fileBytes - 1), bytes: fc.integer({ min: 1, max: 20_000 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('write' as const), ...range }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('read' as const), ...range }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('fsync' as const, 'reopen' as const), client }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('truncate' as const), client, size: fc.nat(fileBytes) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('lose' as const),
      server: fc.nat(3),
      call: fc.constantFrom('write', 'commit', 'read', 'layoutGet', 'layout-commit', 'layoutReturn', 'resize'),
      how: fc.constantFrom('lost before' as const, 'lost after' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const), server: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'recall' as const }) },
);

/** What every client may rely on: its own bytes at once, those of others as they were flushed when it opened the file. */
class Oracle {
  readonly bytes = new Uint8Array(fileBytes * 2);
  size = 0;
  /** When each byte was written last, each client last flushed, and each last opened. */
  readonly #written = new Int32Array(fileBytes * 2);
  readonly #flushed = new Array<number>(clients).fill(0);
  readonly #opened = new Array<number>(clients).fill(0);
  #now = 1;

  write(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at);
    this.#written.fill(++this.#now, at, at + bytes.length);
    this.size = Math.max(this.size, at + bytes.length);
  }

  flushed(who: number): void {
    this.#flushed[who] = ++this.#now;
  }

  opened(who: number): void {
    this.#opened[who] = ++this.#now;
  }

  truncated(size: number): void {
    this.bytes.fill(0, size);
    this.#written.fill(0, size);
    this.size = size;
  }

  /** Where `read` is not what `who` may rely on, or -1. */
  wrongAt(who: number, at: number, read: Uint8Array): number {
    return read.findIndex((byte, place) => {
      const where = at + place;
      const owner = ownerOf(where);
      const written = this.#written[where]!;
      const isVisible =
        owner === who || (written < this.#flushed[owner]! && this.#flushed[owner]! < this.#opened[who]!);
      return isVisible && byte !== this.bytes[where];
    });
  }
}

class Workload {
  readonly #servers: LocalServers;
  readonly #caches: readonly PageCache[];
  readonly #file: string;
  readonly #open: OpenFile[] = [];
  readonly #oracle = new Oracle();
  #writes = 0;

  constructor(servers: LocalServers, file: string) {
    this.#servers = servers;
    this.#file = file;
    this.#caches = Array.from({ length: clients }, () => servers.cache(64));
  }

  /** What the caches count, and the last calls that servers had. */
  describe(): string {
    return JSON.stringify(this.#caches.map((cache) => cache.stats())) + this.#servers.calls.slice(-30).join(' ');
  }

  async begin(): Promise<void> {
    await this.#caches[0]!.create(this.#file);
    for (let who = 0; who < clients; who++) await this.#reopen(who);
  }

  async take(what: Step): Promise<void> {
    switch (what.type) {
      case 'write':
        return this.#write(what.client, what.at, what.bytes);
      case 'read':
        return this.#read(what.client, what.at, what.bytes);
      case 'fsync':
        await this.#open[what.client]!.fsync();
        return this.#oracle.flushed(what.client);
      case 'reopen':
        return this.#reopen(what.client);
      case 'truncate':
        for (let who = 0; who < clients; who++) await this.#reopen(who);
        await this.#open[what.client]!.truncate(what.size);
        this.#oracle.truncated(what.size);
        for (let who = 0; who < clients; who++) await this.#reopen(who);
        return;
      case 'lose':
        return this.#servers.lose(what.server, what.call, what.how);
      case 'restart':
        return what.server === 0 ? this.#servers.restartMetadata() : this.#servers.restartData(what.server);
      case 'recall':
        return this.#servers.metadata.recall(this.#file);
    }
  }

  async end(): Promise<void> {
    for (let who = 0; who < clients; who++) await this.#reopen(who);
    for (let who = 0; who < clients; who++) {
      await this.#reopen(who);
      await this.#read(who, 0, this.#oracle.size);
      expect(this.#open[who]!.sizeBytes).toBe(this.#oracle.size);
      await this.#open[who]!.close();
    }
    for (const cache of this.#caches) await cache.close();
  }

  async #write(who: number, at: number, bytes: number): Promise<void> {
    this.#writes++;
    const all = Uint8Array.from({ length: bytes }, (_, place) => (this.#writes * 37 + place) % 251);
    for (let from = 0; from < bytes; ) {
      const to = Math.min(bytes, (Math.floor((at + from) / regionBytes) + 1) * regionBytes - at);
      if (ownerOf(at + from) === who) {
        await this.#open[who]!.write(at + from, all.subarray(from, to));
        this.#oracle.write(at + from, all.subarray(from, to));
      }
      from = to;
    }
  }

  async #read(who: number, at: number, bytes: number): Promise<void> {
    const read = await this.#open[who]!.read(at, bytes);
    const wrong = this.#oracle.wrongAt(who, at, read);
    expect({ who, wrong: wrong === -1 ? -1 : at + wrong, read: read[wrong] }).toEqual({ who, wrong: -1 });
  }

  async #reopen(who: number): Promise<void> {
    await this.#open[who]?.close();
    this.#oracle.flushed(who);
    this.#open[who] = await this.#caches[who]!.open(this.#file);
    this.#oracle.opened(who);
  }
}

it('shows everybody what they may rely on, whatever is lost on the way', async () => {
  const servers = new LocalServers(clients);
  let files = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const workload = new Workload(servers, `f${++files}`);
      await within(workload.begin(), 'begin', workload);
      for (const each of steps) await within(workload.take(each), each, workload);
      await within(workload.end(), 'end', workload);
    }),
    { numRuns: runs, endOnFailure: true },
  );
}, 120_000);

/** Fails where a step does not end, and says which: a deadline against hanging, not against a busy machine. */
async function within(work: Promise<unknown>, step: unknown, workload: Workload): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hung at ${JSON.stringify(step)}: ${workload.describe()}`)), stepMsMax);
  });
  await Promise.race([work, hung]);
  clearTimeout(timer);
}
