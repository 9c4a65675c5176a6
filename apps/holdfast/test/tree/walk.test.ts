import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { excluding } from '../../src/tree/exclude.ts';
import { printable } from '../../src/tree/name.ts';
import { walkTree } from '../../src/tree/walk.ts';
import { badName, growNastyTree, growUnreadable, removeDirectory, scratchDirectory } from './nasty-tree.ts';

let root: string;
let socket: Server | undefined;

beforeEach(() => {
  root = scratchDirectory('walk');
});

afterEach(() => {
  socket?.close();
  socket = undefined;
  removeDirectory(root);
});

async function walked(options?: Parameters<typeof walkTree>[1]): Promise<Record<string, string>> {
  const { entries } = await walkTree(Buffer.from(root), options);
  return Object.fromEntries(
    entries.map((entry) => [printable(entry.path), entry.kind === 'skipped' ? entry.why : entry.kind]),
  );
}

describe('a nasty tree', () => {
  beforeEach(async () => {
    socket = await growNastyTree(root);
  });

  test('every entry is found once, links are not followed, what holds no bytes is named', async () => {
    expect(await walked()).toEqual({
      'bad\\xff\\xfename': 'file',
      deep: 'directory',
      'deep/er': 'directory',
      'deep/er/leaf': 'file',
      'deep/loop': 'link',
      'empty-directory': 'directory',
      'escape\\x1b[31mred\\x0a': 'file',
      pipe: 'fifo',
      'plain.txt': 'file',
      self: 'link',
      socket: 'socket',
      sparse: 'file',
      'to-nowhere': 'link',
      zero: 'file',
    });
  });

  test('names and link targets are kept as bytes', async () => {
    const { entries } = await walkTree(Buffer.from(root));
    expect(entries.find(({ path }) => path.equals(badName))).toMatchObject({ kind: 'file', stamp: { bytes: 15 } });
    const link = entries.find(({ path }) => path.toString() === 'to-nowhere');
    expect(link?.kind === 'link' && [...link.target]).toEqual([0x2f, 0xff]);
  });

  test('a sparse file of 3 GiB has its full size', async () => {
    const { entries } = await walkTree(Buffer.from(root));
    expect(entries.find(({ path }) => path.toString() === 'sparse')).toMatchObject({ stamp: { bytes: 3 * 2 ** 30 } });
  });

  test('excluded names are said to be left out, and not descended into', async () => {
    const found = await walked({ excludes: excluding(['er', '*.txt', 'deep/loop']) });
    expect(found['deep/er']).toBe('excluded');
    expect(found['deep/er/leaf']).toBeUndefined();
    expect(found['plain.txt']).toBe('excluded');
    expect(found['deep/loop']).toBe('excluded');
    expect(found.zero).toBe('file');
  });

  test('a store inside the tree is left out', async () => {
    const found = await walked({ leaveOut: [Buffer.from(join(root, 'deep'))] });
    expect(found.deep).toBe('store');
    expect(found['deep/er']).toBeUndefined();
  });
});

test('parents come before children and names in byte order', async () => {
  mkdirSync(join(root, 'b'));
  writeFileSync(join(root, 'b', 'x'), '');
  writeFileSync(join(root, 'a'), '');
  writeFileSync(join(root, 'c'), '');
  expect(Object.keys(await walked())).toEqual(['a', 'b', 'c', 'b/x']);
});

test('a root that is a link to a directory is followed', async () => {
  mkdirSync(join(root, 'real'));
  writeFileSync(join(root, 'real', 'f'), '');
  symlinkSync('real', join(root, 'link'));
  const tree = await walkTree(Buffer.from(join(root, 'link')));
  expect(tree.entries).toHaveLength(1);
  expect(tree.root.toString()).toBe(join(root, 'real'));
});

test('a tree with too many entries is refused', async () => {
  for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), '');
  await expect(walkTree(Buffer.from(root), { entriesMax: 2 })).rejects.toMatchObject({ code: 'HF_SOURCE' });
});

test('a missing root and a root that is a file are refused with a hint', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(walkTree(Buffer.from(join(root, 'none')))).rejects.toThrow(/does not exist\. Check the spelling/);
  await expect(walkTree(Buffer.from(join(root, 'file')))).rejects.toThrow(/is not a directory/);
});

test('a walk that is aborted stops', async () => {
  const reason = new Error('enough');
  await expect(walkTree(Buffer.from(root), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

/** Root may read everything: act with the rights of a user who owns nothing. */
async function unprivileged<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(65534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

test('directories that may not be read are named with the reason', async () => {
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'shut'));
  chmodSync(join(root, 'shut'), 0o000);
  const { entries } = await unprivileged(() => walkTree(Buffer.from(root)));
  expect(entries.find(({ kind }) => kind === 'unreadable')).toMatchObject({ errno: 'EACCES' });
  chmodSync(join(root, 'shut'), 0o700);
});

test('an entry whose path is too long for the system is named, and the rest is found', async () => {
  growUnreadable(root);
  writeFileSync(join(root, 'beside'), '');
  const { entries } = await walkTree(Buffer.from(root));
  expect(entries.filter(({ kind }) => kind === 'unreadable')).toMatchObject([{ errno: 'ENAMETOOLONG' }]);
  expect(entries.some(({ kind, path }) => kind === 'file' && path.toString() === 'beside')).toBe(true);
});
