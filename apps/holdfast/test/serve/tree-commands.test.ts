import { appendFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../captured-streams.ts';
import { SpawnedCommand } from '../spawned-command.ts';
import { badName, removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';

let directory: string;
let store: string;
let tree: string;
let up: SpawnedCommand;

beforeEach(async () => {
  directory = scratchDirectory('tree');
  store = join(directory, 'store');
  tree = join(directory, 'tree');
  mkdirSync(join(tree, 'deep', 'er'), { recursive: true });
  up = new SpawnedCommand(['up', store]);
  await up.printed(/serving/);
});

afterEach(async () => {
  up.child.kill('SIGTERM');
  expect(await up.ended()).toMatchObject({ exitCode: 0, stderr: '' });
  removeDirectory(directory);
});

const asked = (...argv: string[]) => run(...argv, '--store', store);
const json = async (...argv: string[]) => {
  const { exitCode, stdout, stderr } = await asked(...argv, '--json');
  return { exitCode, stderr, ...JSON.parse(stdout) };
};

test('a tree is stored and compared byte by byte, and each way to differ is named', async () => {
  writeFileSync(join(tree, 'a.txt'), 'some text');
  writeFileSync(join(tree, 'deep', 'er', 'large'), Buffer.alloc(700_000, 7));
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), badName]), 'bytes are names');
  writeFileSync(join(tree, 'empty'), '');
  symlinkSync('a.txt', join(tree, 'link'));
  expect(await json('put', 'kept', tree)).toMatchObject({
    exitCode: 0,
    files: 4,
    bytes: 700_024,
    leftOut: 3,
    degraded: 0,
  });
  expect(await json('verify', tree, 'kept')).toMatchObject({ exitCode: 0, files: 4, bytes: 700_024, different: [] });

  appendFileSync(join(tree, 'a.txt'), '!');
  const large = Buffer.alloc(700_000, 7);
  large[500_001] = 8;
  writeFileSync(join(tree, 'deep', 'er', 'large'), large);
  renameSync(join(tree, 'empty'), join(tree, 'moved'));
  const { exitCode, different } = await json('verify', tree, 'kept');
  expect(exitCode).toBe(1);
  expect(different.sort((a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1))).toEqual([
    { path: 'a.txt', why: 'differs from byte 9' },
    { path: 'deep/er/large', why: 'differs from byte 500001' },
    { path: 'empty', why: 'is stored and not in the directory' },
    { path: 'moved', why: 'is not stored' },
  ]);
  const said = await asked('verify', tree, 'kept');
  expect(said).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(/✗ a\.txt differs from byte 9[\s\S]*4 differ/),
  });

  // Without a key the name of the directory is taken: nothing was stored under that.
  expect(await json('verify', tree)).toMatchObject({ exitCode: 1, key: 'tree' });
  unlinkSync(join(tree, 'link'));
  await asked('kill', 'n2');
  expect(await json('put', 'tree', tree)).toMatchObject({ exitCode: 0, files: 4 });
  expect(await json('verify', tree)).toMatchObject({ exitCode: 0, different: [] });
  expect(await asked('verify', join(tree, 'nothing'))).toMatchObject({ exitCode: 2 });
  expect(await asked('verify', join(tree, 'a.txt'))).toMatchObject({ exitCode: 2 });
});

test('a write is traced step by step, with the moment of its answer, also when a node is down', async () => {
  for (const toughness of ['0', '1', '2']) {
    const traced = await asked('trace', '--toughness', toughness);
    expect(traced).toMatchObject({ exitCode: 0, stderr: '' });
    const steps = ['d1 read old data', 'd7 ios_updatepn', 'p5 delta held', 'p10 pj_complete', 'd15 mj_complete'];
    for (const step of steps) expect(traced.stdout).toContain(step);
    expect(traced.stdout.match(/.*◀ answered here/g)).toEqual([
      expect.stringContaining(`reply at toughness ${toughness}`),
    ]);
    expect(traced.stdout).toMatch(/data IOM n\d +parity IOM n\d/);
  }
  const { exitCode, steps, toughness, degraded } = await json('trace', '--technique', 'mirror');
  expect({ exitCode, toughness, degraded }).toEqual({ exitCode: 0, toughness: 2, degraded: false });
  const [pair] = [steps.find(({ role }: { role: string }) => role === 'parity').node];
  await asked('kill', pair);
  expect(await json('trace', '--technique', 'mirror')).toMatchObject({ exitCode: 0 });
  expect(await asked('trace', '--toughness', '3')).toMatchObject({ exitCode: 2 });
  expect(await asked('trace', '--technique', 'raid0')).toMatchObject({ exitCode: 2 });
  // Nothing is left of the objects that were made for it.
  expect(await asked('ls')).toMatchObject({ exitCode: 0, stdout: '' });
});

test('keys and requests that cannot be are refused with what to do, and harm nothing that is served', async () => {
  writeFileSync(join(tree, 'a.txt'), 'some text');
  const file = join(tree, 'a.txt');
  expect(await asked('put', 'kept', file)).toMatchObject({ exitCode: 0 });
  for (const key of ['', 'k'.repeat(4096), 'a\0b']) {
    for (const verb of [
      ['put', key, file],
      ['get', key, join(directory, 'out')],
      ['rm', key],
    ]) {
      const { exitCode, stderr } = await asked(...verb);
      expect({ verb: verb[0], exitCode }).toEqual({ verb: verb[0], exitCode: 2 });
      expect(stderr).toMatch(/^holdfast: A key .+\. .+\.\n$/);
    }
  }
  expect(await asked('rm', 'nothing')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no object') });
  expect(await json('rm', 'nothing')).toMatchObject({ exitCode: 1, error: { code: 'HF_NO_OBJECT' } });
  for (const verb of ['kill', 'revive', 'replace', 'rebuild']) {
    expect(await json(verb, 'n9'), verb).toMatchObject({ exitCode: 2, error: { code: expect.stringMatching(/^HF_/) } });
    expect(await asked(verb, '../n1'), verb).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('n0 to n63'),
    });
  }
  for (const garbage of ['{', '[]\n', '{"v":1,"id":1,"verb":"format"}\n', '\0\0\0\n', `${'['.repeat(50_000)}\n`]) {
    const socket = createConnection(join(store, 'control.sock'));
    socket.end(garbage);
    let heard = '';
    for await (const chunk of socket) heard += chunk;
    if (garbage.endsWith('\n')) expect(heard).toContain('HF_PROTOCOL');
  }
  expect(await asked('get', 'kept')).toMatchObject({ exitCode: 0, stdout: 'some text' });
  expect(JSON.parse((await run('status', store, '--json')).stdout)).toMatchObject({ state: 'serving' });
});
