import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { object, TestDrive } from '../support/drives.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** A drive whose log has this many batches, one object each. */
async function driveWithBatches(count: number): Promise<TestDrive> {
  const drive = new TestDrive(scratchDirectory());
  await drive.format();
  for (let gfid = 1; gfid <= count; gfid++) await drive.store.putObject(object(gfid, `key ${gfid}`));
  await drive.close();
  return drive;
}

const known = (drive: TestDrive) =>
  drive.store
    .objects('', undefined, 256)
    .map(({ gfid }) => gfid)
    .sort((a, b) => a - b);

it('tells a torn end from a rotten middle for every choice of damaged batches', async () => {
  const count = 8;
  const drive = await driveWithBatches(count);
  const path = join(drive.path, 'log-1');
  const log = Uint8Array.from(readFileSync(path));
  const superblock = readFileSync(join(drive.path, 'superblock'));
  await fc.assert(
    fc.asyncProperty(fc.subarray(Array.from({ length: count }, (_, index) => index)), fc.nat(4095), async (bad, at) => {
      const damaged = log.slice();
      for (const batch of bad) damaged[batch * 4096 + at]! ^= 0xff;
      writeFileSync(path, damaged);
      writeFileSync(join(drive.path, 'superblock'), superblock);
      let lastGood = count - 1;
      while (lastGood >= 0 && bad.includes(lastGood)) lastGood--;
      const lost = bad.filter((batch) => batch < lastGood).length;
      expect(await drive.open()).toMatchObject({ lostBatches: lost });
      const expected = Array.from({ length: count }, (_, batch) => batch).filter((batch) => !bad.includes(batch));
      expect(known(drive)).toEqual(expected.map((batch) => batch + 1));
      await drive.close();
    }),
    { numRuns: 100 },
  );
}, 60_000);
