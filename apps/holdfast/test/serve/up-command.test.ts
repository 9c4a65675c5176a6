import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../captured-streams.ts';
import { SpawnedCommand } from '../spawned-command.ts';
import { removeDirectory, scratchDirectory } from '../tree/nasty-tree.ts';

let directory: string;
let store: string;

beforeEach(() => {
  directory = scratchDirectory('up');
  store = join(directory, 'store');
});

afterEach(() => removeDirectory(directory));

/** Serves the store until the function returns; the server must then end well. */
async function serving(work: () => Promise<void>, ...options: string[]): Promise<string> {
  const up = new SpawnedCommand(['up', store, ...options]);
  try {
    await up.printed(/serving/);
    await work();
  } finally {
    up.child.kill('SIGTERM');
  }
  const { exitCode, stdout, stderr } = await up.ended();
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

async function ok(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...argv);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

test('a store is served, loses a node, gets it back, and is there again the next time', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, createHash('shake256', { outputLength: 300_000 }).update('file').digest());
  const back = join(directory, 'back');

  const said = await serving(async () => {
    expect(JSON.parse(await ok('status', store, '--json'))).toMatchObject({
      state: 'serving',
      storage: store,
      array: { data: 3, parity: 1, state: 'healthy' },
    });
    expect(statSync(join(store, 'control.sock')).mode & 0o777).toBe(0o600);
    expect(await ok('put', 'before', file, '--store', store)).toMatch(/before +293\.0 KiB +full/);

    const inspected = JSON.parse(await ok('inspect', 'before', '--json', '--store', store));
    expect(inspected).toMatchObject({ key: 'before', bytes: 300_000, owner: expect.stringMatching(/^n[0-3]$/) });
    expect(inspected.chain.at(-1)).toBe(inspected.owner);
    expect(inspected.members.map(({ member }: { member: string }) => member)).toEqual(['n0', 'n1', 'n2', 'n3', 'main']);
    expect(await ok('inspect', 'before', '--store', store)).toMatch(/owner +n\d[\s\S]*chain +main[\s\S]*WRITE_GHOST/);
    expect(await run('inspect', 'nothing', '--store', store)).toMatchObject({ exitCode: 1 });

    const second = await run('up', store);
    expect(second).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/Another process serves/) });

    await ok('kill', 'n1', '--store', store);
    expect(await ok('put', 'during', file, '--store', store)).toMatch(/degraded/);
    expect(await ok('status', store)).toMatch(/degraded[\s\S]*n1 +down +down/);
    await ok('get', 'before', back, '--store', store);
    expect(readFileSync(back).equals(readFileSync(file))).toBe(true);

    await ok('revive', 'n1', '--store', store);
    expect(await ok('status', store)).toMatch(/healthy[\s\S]*n1 +up +up +2/);

    expect(await ok('ls', '--store', store)).toMatch(/degraded +293\.0 KiB +during/);
    expect(JSON.parse(await ok('rebuild', 'n1', '--json', '--store', store))).toMatchObject({ lostGroups: 0 });
    expect(await ok('ls', '--store', store)).not.toMatch(/degraded/);

    expect(await ok('replace', 'n2', '--store', store)).toMatch(/n2 has an empty drive[\s\S]*slots .* written anew/);
    expect(await ok('scrub', '--store', store)).toMatch(/2 objects in \d+ groups; 0 slots/);
    await ok('kill', 'n3', '--store', store);
    await ok('get', 'during', back, '--store', store);
    expect(readFileSync(back).equals(readFileSync(file))).toBe(true);
    expect(await run('replace', 'n0', '--store', store)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/n3 is down as well/),
    });
    expect(await run('rebuild', 'n3', '--store', store)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/n3 is down: there is no drive to fill\. `holdfast revive n3`/),
    });
    expect(await run('kill', 'n3', '--store', store)).toMatchObject({ exitCode: 2 });
    await ok('revive', 'n3', '--store', store);
  });
  expect(said).toMatch(
    /n1 is down: killed[\s\S]*n1 is up, incarnation 2[\s\S]*closed; everything acknowledged is on disk/,
  );
  expect(said).toMatch(
    /without the drive of n1: is down[\s\S]*n0, n2, n3 stand in for n1[\s\S]*n1 answers for itself[\s\S]*n1 has caught up/,
  );
  expect(readdirSync(store)).not.toContain('control.sock');

  await serving(
    async () => {
      const listed = JSON.parse(await ok('ls', '--json', '--store', store));
      expect(listed.map(({ key }: { key: string }) => key)).toEqual(['before', 'during']);
      await ok('rm', 'before', '--store', store);
      const missing = await run('get', 'before', join(directory, 'none'), '--store', store);
      expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/no object/) });
      expect(readdirSync(directory).sort()).toEqual(['back', 'file', 'store']);
      const wrong = await run('kill', 'n9', '--store', store);
      expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/no n9 in this store/) });
      // It has grown: a node that dies leaves a spare one, which takes what it held.
      expect(await ok('status', store)).toMatch(/healthy[\s\S]*n4 +up +up/);
      await ok('change', 'during', 'mirror', '--store', store);
      await ok('put', 'bare', file, '--technique', 'none', '--store', store);
      await ok('rm', 'bare', '--store', store);
      await ok('kill', 'n2', '--store', store);
      expect(JSON.parse(await ok('rehome', '--json', '--store', store))).toMatchObject({ lostGroups: 0 });
      expect(await ok('ls', '--store', store)).toMatch(/full +293\.0 KiB +during/);
      expect(await run('change', 'during', 'raid5', '--store', store)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/no technique "raid5"/),
      });
    },
    '--nodes',
    '5',
  );

  for (const options of [
    ['--nodes', '4'],
    ['--parity', '2'],
  ]) {
    const refused = await run('up', store, ...options);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/has 5 nodes with parity 1/) });
  }
});

test('a served store survives being killed: what was acknowledged is there', async () => {
  const up = new SpawnedCommand(['up', store, '--nodes', '3', '--parity', '2']);
  await up.printed(/serving .*: 3 nodes, 1 data \+ 2 parity/);
  writeFileSync(join(directory, 'file'), 'kept');
  await ok('put', 'kept', join(directory, 'file'), '--store', store);
  up.child.kill('SIGKILL');
  await once(up.child, 'close');
  const status = await run('status', store, '--json');
  expect(status.exitCode).toBe(1);
  expect(JSON.parse(status.stdout)).toMatchObject({ error: { code: 'HF_CONTROL' } });
  await serving(async () => {
    expect(await ok('get', 'kept', '--store', store)).toBe('kept');
  });
});

test('what cannot be served is refused', async () => {
  writeFileSync(join(directory, 'file'), '');
  const file = await run('up', join(directory, 'file'));
  expect(file).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/cannot be used \(E(EXIST|NOTDIR)\)/) });
});

test('up on a path where no directory can be made says so, and does not hang', async () => {
  writeFileSync(join(directory, 'file'), '');
  for (const place of ['/proc/nothing/there', join(directory, 'file'), join(directory, 'file', 'below')]) {
    const { exitCode, stderr } = await new SpawnedCommand(['up', place]).ended();
    expect({ place, exitCode }).toEqual({ place, exitCode: 2 });
    expect(stderr).toMatch(/cannot be used \(E[A-Z]+\)/);
  }
});
