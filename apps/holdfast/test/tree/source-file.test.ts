import { createHash } from 'node:crypto';
import { appendFileSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checksumApart } from '../../src/tree/checksum.ts';
import type { FileEntry } from '../../src/tree/entry.ts';
import { FileVanishedError, SourceFile } from '../../src/tree/source-file.ts';
import { walkTree } from '../../src/tree/walk.ts';
import { removeDirectory, scratchDirectory } from './nasty-tree.ts';

const content = Buffer.alloc(700_000, 'holdfast');
const contentDigest = createHash('sha256').update(content).digest('hex');
let root: string;
let file: string;

beforeEach(() => {
  root = scratchDirectory('source');
  file = join(root, 'file');
  writeFileSync(file, content);
});

afterEach(() => removeDirectory(root));

async function entryOf(): Promise<FileEntry> {
  const { entries } = await walkTree(Buffer.from(root));
  const entry = entries.find(({ path }) => path.toString() === 'file');
  if (entry?.kind !== 'file') throw new Error('the test file is there');
  return entry;
}

async function readAll(source: SourceFile, between?: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.chunks()) {
    chunks.push(chunk);
    between?.();
  }
  return Buffer.concat(chunks);
}

test('a quiet file is read whole, hashed on the way, and hashes the same apart', async () => {
  const entry = await entryOf();
  const source = new SourceFile(Buffer.from(root), entry);
  expect((await readAll(source)).equals(content)).toBe(true);
  expect(source).toMatchObject({ bytes: content.length, digest: contentDigest, change: undefined });
  expect(await checksumApart(Buffer.from(root), entry)).toEqual({
    state: 'hashed',
    digest: contentDigest,
    change: undefined,
  });
});

test('chunks stay what they were after the next one is read', async () => {
  const source = new SourceFile(Buffer.from(root), await entryOf());
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.chunks()) chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(1);
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
});

test('an empty file has no chunks and the digest of nothing', async () => {
  writeFileSync(file, '');
  const source = new SourceFile(Buffer.from(root), await entryOf());
  expect((await readAll(source)).length).toBe(0);
  expect(source.digest).toBe(createHash('sha256').digest('hex'));
});

describe('a file that changes under us', () => {
  const cases: [string, () => void, string][] = [
    ['grew', () => appendFileSync(file, 'more'), 'grew'],
    ['shrank', () => truncateSync(file, 10), 'shrank'],
    ['was rewritten in place', () => utimesSync(file, 1, 1), 'touched'],
  ];
  test.each(cases)('%s before it was read', async (_, change, expected) => {
    const entry = await entryOf();
    change();
    const source = new SourceFile(Buffer.from(root), entry);
    await readAll(source);
    expect(source.change).toBe(expected);
  });

  test.each(cases)('%s while it was read', async (_, change, expected) => {
    const source = new SourceFile(Buffer.from(root), await entryOf());
    let changed = false;
    await readAll(source, () => {
      if (!changed) change();
      changed = true;
    });
    expect(source.change).toBe(expected);
  });

  test.each(cases)('%s before it was hashed apart', async (_, change, expected) => {
    const entry = await entryOf();
    change();
    expect(await checksumApart(Buffer.from(root), entry)).toMatchObject({ change: expected });
  });

  test('was replaced by another file of the same size', async () => {
    const entry = await entryOf();
    writeFileSync(join(root, 'other'), content);
    renameSync(join(root, 'other'), file);
    const source = new SourceFile(Buffer.from(root), entry);
    await readAll(source);
    expect(source.change).toBe('replaced');
  });

  test('a file that grows as fast as it is read still ends', async () => {
    const source = new SourceFile(Buffer.from(root), await entryOf());
    const read = await readAll(source, () => appendFileSync(file, Buffer.alloc(300_000)));
    expect(read.length).toBe(content.length);
    expect(source.change).toBe('grew');
  });
});

test('a file that is gone, or a link or a FIFO now, has vanished', async () => {
  const entry = await entryOf();
  rmSync(file);
  await expect(readAll(new SourceFile(Buffer.from(root), entry))).rejects.toBeInstanceOf(FileVanishedError);
  expect(await checksumApart(Buffer.from(root), entry)).toEqual({ state: 'vanished' });
  symlinkSync('/etc/hostname', file);
  await expect(readAll(new SourceFile(Buffer.from(root), entry))).rejects.toBeInstanceOf(FileVanishedError);
  expect(await checksumApart(Buffer.from(root), entry)).toEqual({ state: 'vanished' });
});
