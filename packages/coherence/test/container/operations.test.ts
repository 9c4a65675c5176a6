import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts, Batons, Counters, Linked } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 3 });
  await cluster.container(Accounts);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterAll(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });

describe('execute', () => {
  it('runs where the object is, for everybody, and leaves it there', async () => {
    const counters = await cluster.container(Counters);
    await clerk(1).count({ key: 'here', times: 1 });
    await Promise.all(
      [0, 1, 2].flatMap((node) => Array.from({ length: 20 }, () => clerk(node).execute({ key: 'here', by: 2 }))),
    );
    expect((await counters.inspect('here')).owner).toBe('n1');
    expect(await counters.execute('here', 'add', 1)).toBe(122);
    expect((await counters.inspect('here')).owner).toBe('n1');
    expect(await clerk(0).counter('here')).toBe(122);
  });

  it('passes on what the operation throws, and leaves the old value', async () => {
    const counters = await cluster.container(Counters);
    await clerk(2).count({ key: 'throws', times: 1 });
    await expect(counters.execute('throws', 'refuse')).rejects.toThrow('on purpose');
    await expect(counters.execute('throws', 'late')).rejects.toMatchObject({ code: 'HF_ASYNC_OPERATION' });
    await expect(counters.execute('throws', 'add', 0.5)).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    expect(await clerk(0).counter('throws')).toBe(1);
  });

  it('runs here where the owner has not opened the container, and not where there is no object', async () => {
    const { Bare } = await import('./bare.ts');
    const bare = await cluster.container(Bare);
    await expect(bare.execute('x', 'add', 1)).rejects.toMatchObject({ code: 'HF_ABSENT' });
    await bare.set('x', { n: 1 });
    await expect.poll(async () => (await bare.inspect('x')).owner).toMatch(/^n/);
    expect(await bare.execute('x', 'add', 4)).toBe(5);
    expect(await bare.read('x')).toEqual({ n: 5 });
  });
});

describe('watch', () => {
  it('tells every version in order, perhaps not all, the last for sure, and removals', async () => {
    const accounts = await cluster.container(Accounts);
    const seen: (number | undefined)[] = [];
    const told = (async () => {
      for await (const { value } of accounts.watch('watched')) {
        seen.push(value?.n);
        if (value?.n === 100) break;
      }
    })();
    for (let n = 1; n <= 20; n++) await clerk(n % 3).set({ key: 'watched', value: { n, tags: [] } });
    await expect.poll(() => seen.at(-1)).toBe(20);
    await clerk(1).remove('watched');
    await expect.poll(() => seen.at(-1)).toBeUndefined();
    await clerk(0).set({ key: 'watched', value: { n: 100, tags: [] } });
    await told;
    const numbers = seen.filter((n) => n !== undefined);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it('is an Observable, begins with the value now, and ends with its signal', async () => {
    const accounts = await cluster.container(Accounts);
    await accounts.set('observed', { n: 1, tags: [] });
    const seen: (number | undefined)[] = [];
    const subscription = accounts.watch('observed').subscribe(({ value }) => seen.push(value?.n));
    await expect.poll(() => seen).toEqual([1]);
    await clerk(2).add({ key: 'observed', by: 1 });
    await expect.poll(() => seen).toEqual([1, 2]);
    subscription.unsubscribe();
    const stop = new AbortController();
    const changes: unknown[] = [];
    const loop = (async () => {
      for await (const change of accounts.watch('observed', { signal: stop.signal })) {
        changes.push(change);
        stop.abort();
      }
    })();
    await loop;
    expect(changes).toHaveLength(1);
  });
});

describe('policies', () => {
  it('load objects of linked containers on their default owner', async () => {
    const home = await clerk(2).thread();
    expect(await clerk(0).linked('a')).toBe(home);
    const linked = await cluster.container(Linked);
    expect((await linked.read('b'))?.loadedBy).toBe(home);
  });

  it('spare a transfer where each writer reads first', async () => {
    await cluster.container(Batons);
    const total = async () =>
      (await Promise.all([0, 1, 2].map((node) => clerk(node).passes()))).reduce((a, b) => a + b, 0);
    for (const node of [0, 1, 2, 0, 1]) await clerk(node).pass('baton');
    const before = await total();
    await clerk(2).pass('baton');
    expect((await total()) - before).toBeLessThanOrEqual(3);
  });
});
