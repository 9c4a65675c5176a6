import { openEmbeddedStore } from '@holdfast/runtime';
import { beforeEach, expect, it } from 'vitest';
import type { LogBatch } from '../../src/kernel/log-types.ts';
import { ManifestStore } from '../../src/log/log-manifest.ts';
import { SegmentLog } from '../../src/log/segment-log.ts';
import { MemoryBlocks } from '../support/memory-blocks.ts';

const blockBytes = 4096;
const unsettled = { unsettled: [], accepted: [] };

const batch = (epoch: number, number: number, change: unknown = []): LogBatch => ({
  epoch,
  number,
  first: number + 1,
  records: [{ head: 1, life: 1, proposal: number, oldest: number, takesAway: false, touches: ['file:f'], change }],
});

let blocks: MemoryBlocks;
let open: () => SegmentLog;

beforeEach(async () => {
  blocks = new MemoryBlocks();
  const coord = await openEmbeddedStore();
  open = () => new SegmentLog(blocks.objects, new ManifestStore(coord, 'log'));
});

async function written(epoch: number, numbers: readonly number[]): Promise<SegmentLog> {
  const log = open();
  await log.claim(epoch);
  for (const number of numbers) await log.append(epoch, batch(epoch, number));
  return log;
}

const numbersOf = async (log: SegmentLog, from = 0): Promise<(number | string)[]> =>
  (await log.read(from)).batches.map((each) => (each === 'torn' ? 'torn' : each.number));

it('gives back what was appended, with numbers of 64 bits, to whoever reads it', async () => {
  const log = await written(1, [0, 1]);
  const change = [{ type: 'locks', range: { start: 0n, end: 2n ** 64n } }];
  await log.append(1, batch(1, 2, change));
  expect((await open().read(2)).batches).toEqual([batch(1, 2, change)]);
  expect(await numbersOf(open(), 1)).toEqual([1, 2]);
});

it('refuses an appender whose claim is over, and counts nothing that it still writes', async () => {
  const stale = await written(1, [0, 1]);
  const next = open();
  await next.claim(2);
  await expect(stale.append(1, batch(1, 2))).rejects.toMatchObject({ code: 'HF_NFS_CLAIM_LOST' });
  await next.append(2, batch(2, 2));
  expect((await open().read(0)).batches.map((each) => each !== 'torn' && each.epoch)).toEqual([1, 1, 2]);
  await expect(open().claim(2)).rejects.toMatchObject({ code: 'HF_NFS_CLAIM_LOST' });
});

it('ends before a batch of which only a part was written', async () => {
  await written(1, [0, 1]);
  const [bytes] = blocks.bytes.values();
  bytes!.fill(0, blockBytes + 60, 2 * blockBytes);
  expect(await numbersOf(open())).toEqual([0]);
});

it('says so where a batch is rotten that others followed', async () => {
  await written(1, [0, 1, 2]);
  const [bytes] = blocks.bytes.values();
  bytes![blockBytes + 100]! ^= 1;
  await expect(open().read(0)).rejects.toMatchObject({ code: 'HF_NFS_LOG_DAMAGED' });
});

it('says so where an earlier appender had more than can be read', async () => {
  await written(1, [0, 1]);
  const next = open();
  await next.claim(2);
  await next.append(2, batch(2, 2));
  const [bytes] = blocks.bytes.values();
  bytes!.fill(0, blockBytes, 2 * blockBytes);
  await expect(open().read(0)).rejects.toMatchObject({ code: 'HF_NFS_LOG_DAMAGED' });
});

it('begins to read where a batch is known to lie, and at the beginning where that is wrong', async () => {
  const appender = await written(1, [0, 1, 2]);
  const { place } = appender;
  expect(place).toMatchObject({ number: 2, offset: 2 * blockBytes });
  const [bytes] = blocks.bytes.values();
  const reader = open();
  reader.place = place;
  const before = bytes!.slice();
  bytes!.fill(0, 0, 2 * blockBytes);
  expect(await numbersOf(reader, 2)).toEqual([2]);
  bytes!.set(before);
  reader.place = { ...place!, offset: blockBytes };
  expect(await numbersOf(reader, 2)).toEqual([2]);
  expect(await numbersOf(reader, 1)).toEqual([1, 2]);
});

it('begins with the snapshot where it was trimmed', async () => {
  const log = await written(1, [0, 1, 2]);
  const image = [{ type: 'leases-restarted', restarts: 0 }];
  await log.save(1, { index: 2, next: 2, image, ...unsettled });
  await log.trim(1, 2);
  const { snapshot, batches } = await open().read(0);
  expect(snapshot).toMatchObject({ index: 2, next: 2, image });
  expect(batches).toEqual([batch(1, 2)]);
});

it('frees what appenders left behind, and what they had begun when they died', async () => {
  const snapshot = (next: number) => ({ index: next, next, image: [], ...unsettled });
  for (let epoch = 1; epoch <= 4; epoch++) {
    const log = await written(epoch, [2 * epoch, 2 * epoch + 1]);
    await log.save(epoch, snapshot(2 * epoch + 1));
  }
  const last = await written(5, [10, 11]);
  // One that is begun, of which the manifest knows, and nobody ever hears of again.
  const dead = open();
  await dead.claim(6);
  blocks.failsWrites = true;
  await expect(dead.append(6, batch(6, 12))).rejects.toThrowError();
  blocks.failsWrites = false;
  const heir = open();
  await heir.claim(7);
  await heir.append(7, batch(7, 12));
  await heir.save(7, snapshot(12));
  await heir.trim(7, 12);
  // Its segment and its snapshot.
  expect(blocks.bytes.size).toBe(2);
  expect((await open().read(0)).snapshot).toMatchObject({ next: 12 });
  expect(await numbersOf(last)).toEqual([12]);
  for (let next = 13; next <= 20; next++) {
    await heir.append(7, batch(7, next));
    await heir.save(7, snapshot(next));
    await heir.trim(7, next);
  }
  expect(blocks.bytes.size).toBe(3);
});
