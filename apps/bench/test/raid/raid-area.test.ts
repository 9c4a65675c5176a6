import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logBytesOf } from '../../src/ours/log-bytes.ts';
import { dropCached } from '../../src/peers/page-cache.ts';
import { RawFiles } from '../../src/peers/raw-files.ts';
import { rawOverwrites } from '../../src/peers/raw-overwrites.ts';
import { sqliteOverwrites } from '../../src/peers/sqlite-overwrites.ts';
import { checksum } from '../../src/raid/checksum.ts';
import { parity } from '../../src/raid/parity.ts';

const budget = { warmUpMs: 1, measureMs: 5, quick: true };
const inCache = [...parity, ...checksum].filter(({ name }) => !name.includes('out of cache'));
const small = [rawOverwrites(2, 1 << 20, 4), sqliteOverwrites(64, 1), sqliteOverwrites(64, 16)];
const contenders = [
  ...inCache.flatMap(({ name, ours, peers }) =>
    [ours, ...peers].map((contender) => ({ name: `${name}: ${contender.name}`, contender })),
  ),
  ...small.map((contender) => ({ name: contender.name, contender })),
];

test.each(contenders)('$name is measured, or says what is not installed', async ({ contender }) => {
  const round = contender.round(budget);
  const why = await round.then(
    ({ value }) => (value > 0 ? undefined : 'nothing was measured'),
    (error: Error) => error.message,
  );
  if (why !== undefined) expect(why).toMatch(/^not installed: /);
});

test('raw files give back what was written to them', async () => {
  await using files = await RawFiles.open(2);
  await files.write(2 << 20);
  await files.read(2 << 20);
  await expect(files.read(3 << 20)).rejects.toThrow('shorter');
});

test('a file whose cache cannot be dropped is an error', () => {
  expect(() => dropCached(['/no/such/file'])).toThrow('not installed');
});

test('the bytes of a log are counted by its batches, up to the first that is none', () => {
  const drive = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const log = Buffer.alloc(4 * 4096);
  for (const [at, bytes, used] of [
    [0, 4096, 164],
    [4096, 8192, 5064],
  ] as const) {
    log.writeUInt32LE(0x424c4648, at);
    log.writeUInt32LE(bytes, at + 4);
    log.writeUInt32LE(used, at + 36);
  }
  writeFileSync(join(drive, 'log-3'), log);
  expect(logBytesOf(drive)).toEqual({ records: 5100, written: 12_288, file: 'log-3' });
  rmSync(drive, { recursive: true });
});
