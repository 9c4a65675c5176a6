import '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts, Counters } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 4 });
  await cluster.container(Accounts);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterAll(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });

describe('a container on four nodes', () => {
  it('shows everybody the value written last, and keeps a copy where it was read', async () => {
    await clerk(0).set({ key: 'a', value: { n: 1, tags: ['x'] } });
    for (const node of [0, 1, 2, 3]) expect(await clerk(node).read('a')).toEqual({ n: 1, tags: ['x'] });
    for (const node of [0, 1, 2, 3]) expect(await clerk(node).peek('a')).toEqual({ n: 1, tags: ['x'] });
    expect(await clerk(2).add({ key: 'a', by: 5 })).toBe(6);
    for (const node of [0, 1, 3]) expect(await clerk(node).peek('a')).toBeUndefined();
    for (const node of [0, 1, 2, 3]) expect((await clerk(node).read('a'))?.n).toBe(6);
  });

  it('is used by the embedding thread too, which hands over what it came to own', async () => {
    const accounts = await cluster.container(Accounts);
    await accounts.set('b', { n: 1, tags: [] });
    expect(await clerk(1).add({ key: 'b', by: 1 })).toBe(2);
    expect(await accounts.grab('b', ({ n }: { n: number } = { n: 0 }) => ({ n: n + 1, tags: ['main'] }))).toEqual({
      n: 3,
      tags: ['main'],
    });
    using lease = await accounts.get('b');
    expect(lease?.value).toEqual({ n: 3, tags: ['main'] });
  });

  it('keeps objects that nobody uses in less memory, as they were', async () => {
    const accounts = await cluster.container(Accounts);
    const keys = Array.from({ length: 1500 }, (_, index) => `idle ${index}`);
    for (let first = 0; first < keys.length; first += 50) {
      await Promise.all(
        keys.slice(first, first + 50).map((key, index) => accounts.set(key, { n: first + index, tags: ['idle'] })),
      );
    }
    // Where two members have a copy, none of them has to hand it over.
    await Promise.all(keys.map((key) => clerk(0).read(key)));
    await Promise.all(keys.map((key) => clerk(1).read(key)));
    await Promise.all(keys.map((key) => accounts.read(key)));
    await expect.poll(() => accounts.counters().packed).toBeGreaterThan(1000);
    expect(accounts.counters().objects).toBeGreaterThanOrEqual(keys.length);
    expect(await clerk(1).add({ key: 'idle 3', by: 100 })).toBe(103);
    expect(accounts.peek('idle 3')).toBeUndefined();
    await accounts.remove('idle 4');
    const expected = keys.map((_, index) =>
      index === 4 ? undefined : { n: index === 3 ? 103 : index, tags: ['idle'] },
    );
    expect(await Promise.all(keys.map((key) => accounts.read(key)))).toEqual(expected);
  });

  it('does not keep a writer waiting while a node reads what it has over and over', async () => {
    await clerk(0).set({ key: 'busy', value: { n: 1, tags: [] } });
    expect((await clerk(2).read('busy'))?.n).toBe(1);
    // Each read finds its copy here, so that nothing but the container lets the event loop of n2 turn.
    const reading = clerk(2).readUntil({ key: 'busy', isNot: 1, loopsMax: 5_000_000 }, { timeoutMs: 60_000 });
    expect(await clerk(1).add({ key: 'busy', by: 1 })).toBe(2);
    expect(await reading).toBe(2);
  });

  it('has no object before one is set and after it is removed', async () => {
    expect(await clerk(1).read('c')).toBeUndefined();
    await clerk(2).set({ key: 'c', value: { n: 1, tags: [] } });
    expect(await clerk(3).remove('c')).toBe(true);
    expect(await clerk(0).remove('c')).toBe(false);
    for (const node of [0, 1, 2, 3]) expect(await clerk(node).read('c')).toBeUndefined();
  });

  it('moves an object to the node it is flushed to', async () => {
    await clerk(0).set({ key: 'd', value: { n: 1, tags: [] } });
    expect(await clerk(0).flush({ key: 'd', to: 'n3' })).toBe(true);
    expect(await clerk(0).peek('d')).toBeUndefined();
    expect((await clerk(3).peek('d'))?.n).toBe(1);
  });

  it('loses no addition of four nodes that count at once', async () => {
    await Promise.all([0, 1, 2, 3].flatMap((node) => [1, 2].map(() => clerk(node).count({ key: 'k', times: 100 }))));
    for (const node of [0, 1, 2, 3]) expect(await clerk(node).counter('k')).toBe(800);
    expect(await clerk(2).execute({ key: 'k', by: 7 })).toBe(807);
    const counters = await cluster.container(Counters);
    expect((await counters.read('k')).n).toBe(807);
  });

  it('can be used by threads that block, and refuses where nothing could arrive', async () => {
    const times = 50;
    await Promise.all([0, 1, 2].map((node) => clerk(node).countSync({ key: 'blocked', times, atOnce: false })));
    expect(await clerk(3).counter('blocked')).toBe(3 * times);
    const counters = await cluster.container(Counters);
    counters.grabSync('blocked', ({ n }) => ({ n: n + 1 }));
    using lease = counters.getSync('blocked');
    expect(lease.value.n).toBe(3 * times + 1);
    await expect(clerk(1).countSync({ key: 'blocked', times, atOnce: true })).rejects.toMatchObject({
      code: 'HF_CANNOT_BLOCK',
    });
  });
});
