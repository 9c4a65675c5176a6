import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainerDefinitionError, defineContainer } from '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Deaf, Ledger, ledgerDirectory } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;
beforeAll(async () => {
  await mkdir(ledgerDirectory, { recursive: true });
  cluster = await Cluster.start({ nodes: 3 });
  await cluster.container(Ledger);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterAll(async () => {
  await cluster.close();
  await rm(ledgerDirectory, { recursive: true, force: true });
});

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });
const ledger = () => cluster.container(Ledger);
const onFile = (key: string) => readFile(join(ledgerDirectory, key), 'utf8');

describe('a container that writes through', () => {
  it('has every value in its source before anybody sees it, however it is written', async () => {
    const container = await ledger();
    await clerk(1).enter({ key: 'a', n: 1 });
    expect(await onFile('a')).toBe('1');
    await container.grab('a', () => ({ n: 2 }));
    expect(await onFile('a')).toBe('2');
    await container.execute('a', 'become', 3);
    expect(await onFile('a')).toBe('3');
    {
      using lease = await container.grab('a');
      lease.draft!.n = 4;
      await lease.commit();
    }
    expect(await onFile('a')).toBe('4');
    await container.grabAll(['a', 'b'], () => [{ n: 5 }, { n: 6 }]);
    expect([await onFile('a'), await onFile('b')]).toEqual(['5', '6']);
    expect([await clerk(0).entry('a'), await clerk(2).entry('b')]).toEqual([5, 6]);
  });

  it.each([
    ['throws', Ledger, 13, 'on purpose'],
    ['hangs', Deaf, 14, 'Storing'],
  ])('keeps the old value where its store %s', async (_what, definition, n, cause) => {
    const container = await cluster.container(definition);
    const key = 'refused';
    await container.set(key, { n: 1 });
    const failed = { code: 'HF_STORE', cause: expect.objectContaining({ message: expect.stringContaining(cause) }) };
    await expect(container.set(key, { n })).rejects.toMatchObject(failed);
    await expect(container.grab(key, () => ({ n }))).rejects.toMatchObject(failed);
    await expect(container.grabAll([key], () => [{ n }])).rejects.toMatchObject(failed);
    {
      using lease = await container.grab(key);
      await expect(lease.commit({ n })).rejects.toMatchObject(failed);
    }
    expect((await container.read(key))?.n).toBe(1);
  });

  it('fails an operation whose value cannot be stored', async () => {
    const container = await ledger();
    await container.set('operated', { n: 1 });
    await expect(container.execute('operated', 'become', 13)).rejects.toMatchObject({ code: 'HF_STORE' });
    expect(await clerk(1).entry('operated')).toBe(1);
    expect(await onFile('operated')).toBe('1');
  });

  it('loads again what died with a node, as it was read last, and loses nothing', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `dies${n}`);
    for (const key of keys) await clerk(0).enter({ key, n: 1 });
    for (const [n, key] of keys.entries()) await clerk(2).enter({ key, n: 100 + n });
    await cluster.kill('n2');
    for (const [n, key] of keys.entries()) expect(await clerk(n % 2).entry(key)).toBe(100 + n);
    for (const [n, key] of keys.entries()) await clerk(1).enter({ key, n });
    for (const [n, key] of keys.entries()) expect(await clerk(0).entry(key)).toBe(n);
  });

  it('takes what is removed out of its source first, so that nobody loads it again', async () => {
    const container = await ledger();
    for (const n of [1, 2, 3]) {
      await clerk(n % 2).enter({ key: 'removed', n });
      expect(await container.remove('removed')).toBe(true);
      expect(await clerk(1).entry('removed')).toBeUndefined();
      expect(await clerk(0).entry('removed')).toBeUndefined();
      expect(await container.remove('removed')).toBe(false);
    }
  });

  it('does not block a thread for its source', async () => {
    const container = await ledger();
    expect(() => container.grabSync('a', () => ({ n: 1 }))).toThrow(
      expect.objectContaining({ code: 'HF_CANNOT_BLOCK' }),
    );
  });
});

it('a source cannot write through without a way back, or behind as well', () => {
  const store = () => undefined;
  const load = () => undefined;
  for (const source of [{ store }, { load }, { load, store, writeBehindMs: 1 }]) {
    const define = () =>
      defineContainer('x', { key: z.string(), value: z.int(), source: { ...source, writeThrough: true } });
    expect(define).toThrow(ContainerDefinitionError);
  }
});
