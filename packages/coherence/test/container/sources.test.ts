import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Accounts, Small, Stock, Stuck } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 3 });
  await cluster.container(Accounts);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterAll(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });

describe('a source', () => {
  it('gives objects their first value, and says which there are none of', async () => {
    expect(await clerk(1).stock('has 5')).toBe(5);
    expect(await clerk(2).stock('has 5')).toBe(5);
    expect(await clerk(2).stock('nothing')).toBeUndefined();
    await clerk(1).restock({ key: 'nothing', value: 3 });
    expect(await clerk(2).stock('nothing')).toBe(3);
  });

  it('that throws or hangs fails the calls that wait for it, and is asked again by the next', async () => {
    for (const key of ['broken', 'endless']) {
      await expect(clerk(1).stock(key)).rejects.toMatchObject({ code: 'HF_LOAD' });
      await expect(clerk(2).stock(key)).rejects.toMatchObject({ code: 'HF_LOAD' });
    }
    const stock = await cluster.container(Stock);
    await expect(stock.read('broken')).rejects.toMatchObject({
      cause: expect.objectContaining({ message: 'on purpose' }),
    });
    await expect(stock.read('endless')).rejects.toMatchObject({
      cause: expect.objectContaining({ code: 'HF_TIMEOUT' }),
    });
  });

  it('is written behind, on the default owner, and at once by sync', async () => {
    await clerk(1).restock({ key: 'behind', value: 1 });
    await clerk(2).restock({ key: 'behind', value: 2 });
    await vi.waitFor(async () => expect(new Map(await clerk(0).shelf()).get('behind')).toBe(2));
    expect(await clerk(1).shelf()).toEqual([]);
    await clerk(2).restock({ key: 'synced', value: 7 });
    expect(await clerk(2).sync('synced')).toBe(true);
    expect(new Map(await clerk(0).shelf()).get('synced')).toBe(7);
    expect(await clerk(1).sync('never')).toBe(false);
    await clerk(1).restock({ key: 'unstorable', value: 1 });
    await expect(clerk(1).sync('unstorable')).rejects.toMatchObject({ code: 'HF_STORE' });
  });

  it('that never answers a store fails the sync, and the value stays', async () => {
    const stuck = await cluster.container(Stuck);
    await stuck.set('a', 1);
    // The embedding thread keeps what it uses only while it does.
    using lease = await stuck.get('a');
    await expect(stuck.sync('a')).rejects.toMatchObject({ code: 'HF_STORE' });
    expect(lease?.value).toBe(1);
  });

  it('hears which copies are gone', async () => {
    await clerk(1).restock({ key: 'left', value: 1 });
    await clerk(2).restock({ key: 'left', value: 2 });
    await vi.waitFor(async () => expect(await clerk(1).invalidated()).toContain('left'));
  });
});

describe('a budget', () => {
  it('is kept by giving values to their default owners, of which none is lost', async () => {
    await cluster.container(Small);
    // Default owners keep their own: two nodes in three give theirs away.
    expect(await clerk(1).fill(30)).toBeLessThan(30);
    for (let n = 0; n < 30; n++) expect(await clerk(2).small(`s${n}`)).toBe(`value ${n}`);
  });

  it('that only copies have used up fails what would create another', async () => {
    const full = Array.from({ length: 4 }, () => clerk(0).fill(400));
    const outcomes = await Promise.allSettled(full);
    expect(outcomes.some((each) => each.status === 'rejected')).toBe(true);
    for (const each of outcomes)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'HF_SET_FULL' });
  });
});
