import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdfast, SpawnedCommand } from '../spawned-command.ts';
import { growNastyTree, growUnreadable, removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';

let root: string;
/** Where the stores are made: must be empty after every run. */
let storage: string;

beforeEach(() => {
  root = scratchDirectory('tree');
  storage = scratchDirectory('storage');
});

afterEach(() => {
  removeDirectory(root);
  removeDirectory(storage);
});

function growTree(files = 24, bytes = 30_000): void {
  mkdirSync(join(root, 'sub'));
  for (let file = 0; file < files; file++) {
    const name = `${file % 2 === 0 ? '' : 'sub/'}f${String(file).padStart(3, '0')}`;
    // Not a repeated byte: blocks that lie in the wrong place must show.
    const content = createHash('shake256', { outputLength: bytes + file })
      .update(name)
      .digest();
    writeFileSync(join(root, name), content);
  }
  writeFileSync(join(root, 'empty'), '');
}

function demo(...argv: string[]) {
  return holdfast('demo', root, '--storage', storage, ...argv);
}

describe('a quiet tree', () => {
  test('every field of the report is there and true', async () => {
    growTree();
    const { exitCode, stdout, stderr } = await demo('--json', '--verbose', '--keep', '--seed', '11');
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout);
    const bytes = 24 * 30_000 + (23 * 24) / 2;
    expect(report).toMatchObject({
      directory: root,
      seed: 11,
      nodes: 4,
      layout: { data: 3, parity: 1 },
      files: 25,
      bytes,
      directories: 1,
      links: 0,
      filesVerified: 25,
      mismatches: 0,
      manifest: 'equal',
      changedWhileStoring: 0,
      unreadable: 0,
      skipped: {},
      mismatchedFiles: [],
      changedFiles: [],
      unreadableFiles: [],
      exitCode: 0,
    });
    expect(report.killedAt).toMatchObject({
      node: expect.stringMatching(/^n[0-3]$/),
      file: expect.stringMatching(/^(sub\/)?f\d{3}$/),
      step: expect.stringContaining('before fdatasync'),
      seconds: expect.any(Number),
      bytes: expect.any(Number),
    });
    const lock = { stillHeld: true, stillRefused: true, bytes: 2 << 20, differentBytes: 0 };
    expect(report.lock).toMatchObject({ grantedBy: report.killedAt.node, ...lock });
    const { index } = report;
    expect(index).toMatchObject({ entries: 25, different: 0 });
    expect(index.writtenByDead).toBeGreaterThan(0);
    expect(index.readBy).toEqual(['n0', 'n1', 'n2', 'n3'].filter((node) => node !== report.killedAt.node));
    expect(report.bytesStoredAfterKill * 3).toBeGreaterThanOrEqual(bytes);
    expect(report.filesFull + report.filesDegraded).toBe(25);
    expect(report.filesDegraded).toBeGreaterThan(0);
    for (const phase of ['start', 'walk', 'store', 'reopen', 'readBack', 'checkSource']) {
      expect(report.seconds[phase]).toBeGreaterThan(0);
    }
    expect(report.fileList).toHaveLength(25);
    for (const { path, sha256, verified, stored } of report.fileList) {
      expect(sha256).toBe(
        createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex'),
      );
      expect(verified).toBe(true);
      expect(['full', 'degraded']).toContain(stored);
    }
    const [kept] = readdirSync(storage).map((name) => join(storage, name));
    expect(report.store).toBe(kept);
    // The dead node's files lie aside, and an empty drive that was filled took their place.
    expect(readdirSync(join(report.store, 'aside'))).toEqual([report.killedAt.node]);
    expect(readdirSync(join(report.store, 'drives'))).toEqual(['n0', 'n1', 'n2', 'n3']);
    expect(report.revived).toMatchObject({ isWhole: true });
    expect(report.revived.blocksMoved + report.revived.repairedBytes).toBeGreaterThan(0);
    expect(report.mended).toMatchObject({ bytes: expect.any(Number), repairedSlots: 0, lostGroups: 0 });
    expect(report.mended.bytes).toBeGreaterThan(0);
    expect(report.processDeath).toEqual({ answered: expect.any(Number), different: 0 });
    expect(report.processDeath.answered).toBeGreaterThan(0);
  });

  test('without a terminal it prints plain lines, and a file that changed meanwhile is told apart', async () => {
    growTree();
    const command = new SpawnedCommand(['demo', root, '--storage', storage]);
    await command.printed(/nodes up/);
    appendFileSync(join(root, 'f000'), 'more');
    const { exitCode, stdout, stderr } = await command.ended();
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('\u001b');
    for (const said of [
      /4 nodes up/,
      /n\d killed while storing/,
      /moved aside, unread/,
      /opened again from disk/,
      /changed meanwhile +1 file/,
      /f000 \(grew\)/,
    ]) {
      expect(stdout).toMatch(said);
    }
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^✓ Every stored file came back byte for byte/);
    expect(readdirSync(storage)).toEqual([]);
  });

  test('with spare nodes, files stored after the kill are full again', async () => {
    growTree(12);
    const { exitCode, stdout, stderr } = await demo('--json', '--nodes', '6');
    expect(exitCode, stdout + stderr).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ nodes: 6, filesVerified: 13, mismatches: 0 });
    expect(report.filesFull).toBeGreaterThan(report.filesDegraded);
  });
});

describe('bad input', () => {
  test.each([
    ['a missing directory', () => rmSync(root, { recursive: true }), /does not exist/],
    [
      'a file',
      () => {
        rmSync(root, { recursive: true });
        writeFileSync(root, '');
      },
      /is not a directory/,
    ],
    ['an empty directory', () => {}, /holds no file/],
    ['a directory of directories', () => mkdirSync(join(root, 'a', 'b'), { recursive: true }), /holds no file/],
  ])('%s is refused with a hint, in words and as JSON', async (_, prepare, said) => {
    prepare();
    const { exitCode, stdout, stderr } = await demo('--json');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(said);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'HF_SOURCE', exitCode: 2 } });
    expect(readdirSync(storage)).toEqual([]);
  });

  test('a place for the store that is not there is refused', async () => {
    growTree(1);
    const { exitCode, stderr } = await holdfast('demo', root, '--storage', join(storage, 'none'));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/No store can be made in .*ENOENT.*--storage/);
  });

  test('a tree that does not fit is refused before anything is written', async () => {
    writeFileSync(join(root, 'huge'), '');
    truncateSync(join(root, 'huge'), 12 * 2 ** 40);
    const { exitCode, stderr } = await demo();
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/TiB.*Free some space/);
    expect(readdirSync(storage)).toEqual([]);
  });

  test('whatever a tree may hold is stored, counted or named, and what cannot be read makes the exit code 3', async () => {
    const socket: Server = await growNastyTree(root);
    // The sparse file of 3 GiB is for the walker; here it would only cost time.
    truncateSync(join(root, 'sparse'), 5_000_000);
    growUnreadable(root);
    const { exitCode, stdout } = await demo('--json', '--verbose', '--nodes', '3');
    socket.close();
    expect(exitCode, stdout).toBe(3);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      files: 6,
      filesVerified: 6,
      links: 3,
      skipped: { fifo: 1, socket: 1 },
      unreadable: 1,
    });
    expect(report.fileList.map(({ path }: { path: string }) => path)).toContain('bad\\xff\\xfename');
  });
});

describe('Ctrl-C leaves nothing behind', () => {
  test.each([
    ['while the cluster starts', /room for the store/],
    ['while files are stored', /storing …/],
  ])('%s', async (_, moment) => {
    growTree(200, 200_000);
    const command = new SpawnedCommand(['demo', root, '--storage', storage]);
    await command.printed(moment);
    command.child.kill('SIGINT');
    const outcome = await command.ended();
    expect(outcome.stderr).toMatch(/^holdfast: Stopped by SIGINT\.[^\n]*\n$/);
    expect(outcome.exitCode).toBe(130);
    expect(readdirSync(storage)).toEqual([]);
  });
});
