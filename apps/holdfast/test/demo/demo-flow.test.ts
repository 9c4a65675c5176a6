import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Narrator } from '../../src/demo/narrator.ts';
import { Demo, type DemoOptions } from '../../src/demo/run-demo.ts';
import { StallWatch } from '../../src/demo/stall-watch.ts';
import { Terminal } from '../../src/terminal/terminal.ts';
import { Timeline } from '../../src/terminal/timeline.ts';
import { removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';
import { TrialGround } from './trial-ground.ts';

let root: string;
let storage: string;
let ground: TrialGround;

beforeEach(() => {
  root = scratchDirectory('flow');
  storage = scratchDirectory('store');
  ground = new TrialGround();
  mkdirSync(join(root, 'sub'));
  for (let file = 0; file < 20; file++)
    writeFileSync(join(root, `f${String(file).padStart(2, '0')}`), Buffer.alloc(40_000, file));
  writeFileSync(join(root, 'sub', 'empty'), '');
});

afterEach(() => {
  removeDirectory(root);
  removeDirectory(storage);
});

async function demo(options: Partial<DemoOptions> = {}, signal = new AbortController().signal) {
  const terminal = new Terminal(new PassThrough());
  using watch = new StallWatch(60_000, 'testing');
  const narrator = new Narrator(terminal, new Timeline(terminal, 0));
  const all = { directory: root, nodes: 4, seed: 1, exclude: [], storage, listFiles: true, ...options };
  return await new Demo(all, ground, narrator, watch, signal).run();
}

test('a quiet tree: everything counts up', async () => {
  symlinkSync('..', join(root, 'link'));
  const report = await demo();
  expect(report).toMatchObject({
    files: 21,
    bytes: 800_000,
    directories: 1,
    links: 1,
    filesVerified: 21,
    mismatches: 0,
    changedWhileStoring: 0,
    unreadable: 0,
    manifest: 'equal',
    skipped: {},
  });
  expect(report.filesFull + report.filesDegraded).toBe(21);
  expect(report.filesFull).toBeGreaterThan(0);
  expect(report.filesDegraded).toBeGreaterThan(0);
  expect(report.fileList).toHaveLength(21);
  expect(report.bytesStoredAfterKill).toBeGreaterThanOrEqual(report.bytes / 3);
  expect(report.bytesStoredAfterKill + report.killedAt.bytes).toBe(report.bytes);
});

test('the order is: store, kill, close, move the drive aside, open again', async () => {
  const { killedAt } = await demo();
  expect(ground.log).toEqual(['create', `kill ${killedAt.node}`, 'close', `aside ${killedAt.node}`, 'open', 'close']);
});

test('one tiny file on three nodes', async () => {
  rmSync(root, { recursive: true });
  mkdirSync(root);
  writeFileSync(join(root, 'only'), 'x');
  const report = await demo({ nodes: 3 });
  expect(report).toMatchObject({ files: 1, bytes: 1, filesVerified: 1, mismatches: 0, killedAt: { bytes: 0 } });
});

test('a node that does not catch up with its old drive is told, and exits as a failure', async () => {
  const missed = { blocksMoved: 3, repairedBytes: 0, isWhole: false };
  ground.revive = async () => missed;
  const report = await demo();
  expect(report.revived).toEqual(missed);
  expect(ground.log).toContain(`back ${report.killedAt.node}`);
});

test('the same seed kills the same node at the same file; other seeds choose others', async () => {
  const first = await demo({ seed: 7 });
  const again = await demo({ seed: 7 });
  expect(again.killedAt).toMatchObject({ node: first.killedAt.node, file: first.killedAt.file });
  const nodes = new Set<string>();
  for (let seed = 0; seed < 12; seed++) nodes.add((await demo({ seed })).killedAt.node);
  expect(nodes.size).toBeGreaterThan(2);
});

test('a lock that is lost with its head is told', async () => {
  const kept = { servedBy: 'n9', stillHeld: true, stillRefused: true, bytes: 8192, differentBytes: 0 };
  expect((await demo()).lock).toMatchObject(kept);
  ground.locks.differentBytes = 3;
  expect((await demo()).lock).toMatchObject({ ...kept, differentBytes: 3 });
  ground.locks.isKept = false;
  expect((await demo()).lock).toMatchObject({ stillHeld: false, stillRefused: false });
});

test('the index that the nodes share is read after the kill, and an entry that is lost is told', async () => {
  expect((await demo()).index).toEqual({ entries: 21, writtenByDead: 2, readBy: ['n9'], different: 0 });
  ground = new TrialGround();
  ground.index.note = async () => {};
  expect((await demo()).index).toMatchObject({ entries: 21, different: 21 });
});

test('one file alone: it is stored after the kill', async () => {
  for (let file = 1; file < 20; file++) rmSync(join(root, `f${String(file).padStart(2, '0')}`));
  const report = await demo();
  expect(report).toMatchObject({ bytes: 40_000, bytesStoredAfterKill: 40_000, killedAt: { file: 'f00' } });
});

test('files that put no block on the node hand the kill on to the next', async () => {
  const first = (await demo()).killedAt.file;
  ground = new TrialGround();
  ground.holdsNoBlock = (key) => key === `file/${first}`;
  const { killedAt, bytesStoredAfterKill, bytes } = await demo();
  expect(killedAt.file > first).toBe(true);
  expect(killedAt.step).toContain('before fdatasync');
  expect(bytesStoredAfterKill + killedAt.bytes).toBe(bytes);
});

test('when no file has a block there, the node dies between two files and the report says so', async () => {
  ground.holdsNoBlock = () => true;
  const { killedAt, filesVerified } = await demo();
  expect(killedAt.step).toContain('right after');
  expect(filesVerified).toBe(21);
});

test('a tree of empty files is stored too', async () => {
  for (let file = 0; file < 20; file++) writeFileSync(join(root, `f${String(file).padStart(2, '0')}`), '');
  expect(await demo()).toMatchObject({ bytes: 0, filesVerified: 21, bytesStoredAfterKill: 0 });
});

describe('what the store does wrong is found', () => {
  test('one byte that differs', async () => {
    const bytes = ground.store;
    const open = ground.open.bind(ground);
    ground.open = (options) => {
      const object = bytes.objects.get('file/f03');
      if (object !== undefined) object[17] = 99;
      return open(options);
    };
    const report = await demo();
    expect(report).toMatchObject({ mismatches: 1, mismatchedFiles: ['f03'], filesVerified: 20 });
  });

  test('an object that is lost', async () => {
    const open = ground.open.bind(ground);
    ground.open = (options) => {
      ground.store.objects.delete('file/f04');
      return open(options);
    };
    expect(await demo()).toMatchObject({ mismatches: 1, mismatchedFiles: ['f04'] });
  });

  test('a failure to store ends the demo, also for the files that wait for the kill', async () => {
    const { file } = (await demo()).killedAt;
    ground.store.onChunk = (key) => {
      if (key === `file/${file}`) throw new Error('the store broke');
    };
    await expect(demo()).rejects.toThrow('the store broke');
  });
});

describe('a source that changes under us is said to have changed, not mismatched', () => {
  test('a file that grew after it was stored', async () => {
    const open = ground.open.bind(ground);
    ground.open = (options) => {
      if (options.array === 'open') appendFileSync(join(root, 'f05'), 'more');
      return open(options);
    };
    expect(await demo()).toMatchObject({
      mismatches: 0,
      filesVerified: 21,
      changedWhileStoring: 1,
      changedFiles: [{ path: 'f05', change: 'grew' }],
    });
  });

  test('a file that vanished before it was stored', async () => {
    const open = ground.open.bind(ground);
    ground.open = (options) => {
      rmSync(join(root, 'f06'), { force: true });
      return open(options);
    };
    expect(await demo()).toMatchObject({
      files: 21,
      mismatches: 0,
      filesVerified: 20,
      changedFiles: [{ path: 'f06', change: 'vanished' }],
    });
  });
});

test('a directory without a file is refused before anything is started', async () => {
  const empty = join(root, 'sub', 'nothing');
  mkdirSync(empty);
  await expect(demo({ directory: empty })).rejects.toMatchObject({ code: 'HF_SOURCE' });
  expect(ground.log).toEqual([]);
});

test('an abort ends the demo with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  ground.store.onChunk = () => controller.abort(reason);
  await expect(demo({}, controller.signal)).rejects.toBe(reason);
});
