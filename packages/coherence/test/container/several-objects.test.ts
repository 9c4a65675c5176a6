import { DuplicateKeyError, defineContainer } from '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Accounts, Cells, Counters, Tickets } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 3 });
  await cluster.container(Accounts);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterAll(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });

describe('grabAll', () => {
  it('moves amounts between objects, and no node ever waits for another in a circle', async () => {
    const keys = ['x', 'y', 'z'];
    for (const key of keys) await clerk(0).set({ key, value: { n: 100, tags: [] } });
    await Promise.all(
      [0, 1, 2].map((node) => clerk(node).move({ keys: node % 2 === 0 ? keys : keys.toReversed(), times: 50 })),
    );
    const values = await Promise.all(keys.map((key) => clerk(1).read(key)));
    expect(values.reduce((sum, value) => sum + (value?.n ?? 0), 0)).toBe(300);
  });

  it('changes nothing where the callback throws or one value does not fit, and refuses a key named twice', async () => {
    const accounts = await cluster.container(Accounts);
    for (const key of ['p', 'q']) await accounts.set(key, { n: 1, tags: [] });
    const wrong = accounts.grabAll(['p', 'q'], (drafts) => {
      drafts[0]!.n = 2;
      drafts[1]!.n = 0.5;
    });
    await expect(wrong).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    const thrown = accounts.grabAll(['q', 'p'], (drafts) => {
      drafts[0]!.n = 9;
      throw new RangeError('on purpose');
    });
    await expect(thrown).rejects.toThrow('on purpose');
    await expect(accounts.grabAll(['p', 'p'], () => undefined)).rejects.toBeInstanceOf(DuplicateKeyError);
    expect([await accounts.read('p'), await accounts.read('q')].map((value) => value?.n)).toEqual([1, 1]);
    const made = await accounts.grabAll(['p', 'new'], ([first]) => [first, { n: first!.n + 1, tags: [] }]);
    expect(made.map((value) => value?.n)).toEqual([1, 2]);
  });
});

describe('many objects', () => {
  it('are all given up at once, to a node that is named or to whoever may want them', async () => {
    const keys = Array.from({ length: 100 }, (_, n) => `f${n}`);
    for (const [n, key] of keys.entries()) await clerk(0).set({ key, value: { n, tags: [] } });
    expect(await clerk(0).flushAll({ to: 'n2' })).toBe(0);
    for (const key of keys) expect(await clerk(0).peek(key)).toBeUndefined();
    expect((await clerk(2).peek('f7'))?.n).toBe(7);
    expect(await clerk(2).flushAll({})).toBeLessThanOrEqual(100);
    expect(await Promise.all(keys.map((key) => clerk(1).read(key)))).toEqual(keys.map((_, n) => ({ n, tags: [] })));
  });

  it('are leased together and fetched ahead', async () => {
    const accounts = await cluster.container(Accounts);
    for (const n of [1, 2, 3]) await clerk(n % 3).set({ key: `m${n}`, value: { n, tags: [] } });
    using leases = await accounts.getMany(['m1', 'm2', 'm3', 'none']);
    expect(leases.map((lease) => lease?.value.n)).toEqual([1, 2, 3, undefined]);
    expect(accounts.peek('m2')?.n).toBe(2);
    expect(() => accounts.prefetch(Array.from({ length: 5000 }, (_, n) => `${n}`))).toThrow(
      expect.objectContaining({ code: 'HF_KEY' }),
    );
  });
});

describe('keys', () => {
  it('made by newKey are at home where they were made, and others are refused', async () => {
    const tickets = await cluster.container(Tickets);
    const key = tickets.newKey();
    await tickets.set(key, 'paid');
    expect((await tickets.inspect(key)).defaultOwner).toBe(key.split('.')[0]);
    expect(await tickets.read(key)).toBe('paid');
    await expect(tickets.set('mine', 'paid')).rejects.toMatchObject({ code: 'HF_KEY' });
    expect(tickets.newKey()).not.toBe(key);
  });

  it('of several parts name one object each', async () => {
    const cells = await cluster.container(Cells);
    await cells.set(['a', 1], 0.5);
    await cells.set(['a', 2], 1.5);
    expect([await cells.read(['a', 1]), await cells.read(['a', 2]), await cells.read(['b', 1])]).toEqual([
      0.5,
      1.5,
      undefined,
    ]);
    expect((await cells.inspect(['a', 1])).owner).toBe('n1');
  });
});

describe('inspect', () => {
  it('shows the owner, the copies and the chain of guesses from here', async () => {
    await clerk(0).set({ key: 'seen', value: { n: 1, tags: [] } });
    await clerk(2).read('seen');
    const accounts = await cluster.container(Accounts);
    const found = await accounts.inspect('seen');
    expect(found).toMatchObject({ container: 'accounts', owner: 'n0' });
    expect(found.chain[0]).toBe('main');
    expect(found.chain.at(-1)).toBe('n0');
    expect(found.members.find(({ member }) => member === 'n0')).toMatchObject({
      status: 'READ_OWNER',
      copyset: ['n0', 'n2'],
    });
    expect(found.members.find(({ member }) => member === 'n2')).toMatchObject({ status: 'READ_COPY', probOwner: 'n0' });
    const counters = await cluster.container(Counters);
    await counters.read('c');
    expect(counters.counters().sent.COPY_REQ).toBeGreaterThan(0);
  });
});

describe('a definition', () => {
  it('is refused where it differs from the one that is open, or cannot be used', async () => {
    const other = defineContainer('accounts', { key: z.string(), value: z.number() });
    await expect(cluster.container(other)).rejects.toMatchObject({ code: 'HF_CONTAINER_MISMATCH' });
    expect(() => defineContainer('', { key: z.string(), value: z.number() })).toThrow(
      expect.objectContaining({ code: 'HF_CONTAINER' }),
    );
    const wrong = { key: z.string(), value: z.number(), loadMs: 0 };
    expect(() => defineContainer('wrong', wrong)).toThrow(expect.objectContaining({ code: 'HF_CONTAINER' }));
  });
});
