import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NfsHeads, PageCache, startPageServers } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';

const mebibyte = 1 << 20;
const mebibytes = ({ quick }: Budget): number => (quick ? 16 : 64);
const pieceBytes = 64 << 10;
/** Writes of one caller on the array at a time: with more of them it is slower. */
const piecesInFlight = 4;
const nodes = ['n0', 'n1', 'n2', 'n3'];
const heads = ['n0', 'n1'];
const servers = { metadata: heads, dataServers: nodes, pagesMax: 17_000 };

interface Stand {
  readonly array: RaidArray;
  readonly cache: PageCache;
}

/** A fresh array of 3+1 over four nodes, each with a data server, and a cache on the main thread. */
async function withCache<Answer>(use: (stand: Stand) => Promise<Answer>): Promise<Answer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cluster = await Cluster.start({ nodes: nodes.length, pool: { pagesPerNode: 24_576 } });
    await using array = await RaidArray.create(cluster, { data: 3, directory });
    await using _nfs = await NfsHeads.start(cluster, { array, heads });
    await startPageServers(cluster, servers);
    await using cache = await PageCache.connect(cluster.main, servers);
    return await use({ array, cache });
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function timed(bytes: number, work: () => Promise<void>): Promise<Sample> {
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  await work();
  const ms = performance.now() - startedMs;
  return { value: bytes / 1e3 / ms, cpuNs: (processCpuNs() - cpuBefore) / (bytes / mebibyte) };
}

const piece = new Uint8Array(pieceBytes).fill(0x5a);

const cached: Contender = {
  name: 'ours',
  round: (budget) =>
    withCache(async ({ cache }) => {
      await cache.create('f');
      await using file = await cache.open('f');
      const bytes = mebibytes(budget) * mebibyte;
      return await timed(bytes, async () => {
        for (let at = 0; at < bytes; at += pieceBytes) await file.write(at, piece);
        await file.fsync();
      });
    }),
};

const plain: Contender = {
  name: 'the array alone',
  round: (budget) =>
    withCache(async ({ array }) => {
      const object = await array.objects.open(await array.objects.create());
      const bytes = mebibytes(budget) * mebibyte;
      return await timed(bytes, async () => {
        let next = 0;
        const walk = async () => {
          while (next < bytes) {
            const at = next;
            next += pieceBytes;
            await object.write(at, piece, { toughness: 1 });
          }
        };
        await Promise.all(Array.from({ length: piecesInFlight }, walk));
        await object.sync();
      });
    }),
};

const cachedRead: Contender = {
  name: 'ours',
  round: ({ warmUpMs, measureMs }) =>
    withCache(async ({ cache }) => {
      await cache.create('f');
      await using file = await cache.open('f');
      const bytes = 4 * mebibyte;
      for (let at = 0; at < bytes; at += pieceBytes) await file.write(at, piece);
      const into = new Uint8Array(4096);
      const run = async (ms: number): Promise<{ reads: number; tookMs: number }> => {
        const startedMs = performance.now();
        let reads = 0;
        for (; performance.now() < startedMs + ms; reads++) await file.readInto((reads * 4096) % bytes, into);
        return { reads, tookMs: performance.now() - startedMs };
      };
      await run(warmUpMs);
      const cpuBefore = processCpuNs();
      const { reads, tookMs } = await run(measureMs);
      const sample = { value: (tookMs * 1e6) / reads, cpuNs: (processCpuNs() - cpuBefore) / reads };
      await cache.close({ abandon: true });
      return sample;
    }),
};

export const pageCache: readonly Question[] = [
  {
    name: 'PageCache: 64 MiB written in pieces of 64 KiB and flushed, 3+1',
    unit: 'MB/s',
    better: 'higher',
    ours: cached,
    peers: [plain],
    verdicts: [{ measure: 'ratio', against: [plain.name], min: 0.7 }],
    roundsMax: 3,
  },
  {
    name: 'PageCache: 4 KiB read that is cached',
    unit: 'ns',
    better: 'lower',
    ours: cachedRead,
    peers: [],
    verdicts: [{ measure: 'value', against: [] }],
    roundsMax: 5,
  },
];
