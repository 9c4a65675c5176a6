import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDirectory } from '../../src/drive/node-drive.ts';
import { preallocate } from '../../src/store/preallocate.ts';
import { scratchDirectory } from '../support/scratch.ts';

it('touches no file of another after it is closed, though its number is used again', async () => {
  const drive = await openDirectory(join(scratchDirectory(), 'n0'), { create: true });
  const large = Buffer.alloc(4 << 20, 'a');
  const file = await drive.open('one', { create: true });
  const underWay = [file.write([large], 0), file.write([large], large.length), file.flush()];
  const closed = file.close();
  // Whoever asks behind the end is refused, small or large.
  await expect(file.write([large.subarray(0, 4096)], 0)).rejects.toThrow('one is closed');
  await expect(file.write([large], 0)).rejects.toThrow('one is closed');
  await expect(file.flush()).rejects.toThrow('one is closed');
  await Promise.all(underWay);
  await closed;
  const other = await drive.open('two', { create: true });
  await expect(file.write([large.subarray(0, 4096)], 0)).rejects.toThrow('one is closed');
  expect(await other.size()).toBe(0);
  await other.close();
  const again = await drive.open('one', { create: false });
  expect(await again.size()).toBe(2 * large.length);
  await again.close();
});

it('fills new space with zeros past the cache, where the file system lets long transfers go there', async () => {
  const drive = await openDirectory(join(scratchDirectory(), 'n0'), { create: true });
  const file = await drive.open('one', { create: true });
  // Zeros that did not begin at a page would be refused, and all transfers of the file go through the cache from then on.
  const before = file.whyBuffered;
  await preallocate(file, 0, (2 << 20) + 4096);
  expect(file.whyBuffered).toBe(before);
  expect(await file.size()).toBe((2 << 20) + 4096);
  const read = new Uint8Array(4096).fill(1);
  await file.read([read], 2 << 20);
  expect(read.every((byte) => byte === 0)).toBe(true);
  await file.close();
});
