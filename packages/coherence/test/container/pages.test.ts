import { ContainerDefinitionError, pages } from '@holdfast/coherence';
import { Cluster, pageBytes } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Blocks, Masons, Runs } from './blocks.ts';

const pagesPerNode = 64;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 3, pool: { pagesPerNode } });
  await Promise.all([cluster.container(Blocks), cluster.container(Runs)]);
  await cluster.deploy(new URL('./masons.ts', import.meta.url), { on: 'all' });
});
afterAll(() => cluster.close());

const mason = (node: number) => cluster.service(Masons, { node: `n${node}` });
const blocks = () => cluster.container(Blocks);

describe('a container of pages', () => {
  it('shows a page of the shared memory, and moves it to whoever writes without copying it', async () => {
    const key = 'moves';
    await mason(1).set({ key, fill: 1 });
    const page = await mason(1).page({ key });
    expect(page).toBeGreaterThanOrEqual(0);
    // Two readers have pages of their own, so that either can die.
    const copies = [await mason(0).page({ key }), await mason(2).page({ key })];
    expect(new Set([page, ...copies]).size).toBe(3);
    expect(await mason(0).read({ key })).toEqual([1, 1]);
    await mason(1).add({ key, by: 1 });
    const written = await mason(1).page({ key });
    // A lease without a change brings the page itself, and its draft is a copy: the other page never moves.
    expect(await mason(2).spoil({ key })).toBe('spoilt');
    expect(await mason(2).page({ key })).toBe(written);
    expect(await mason(2).read({ key })).toEqual([2, 2]);
  });

  it('gives every page back', async () => {
    const free = async () => await Promise.all([0, 1, 2].map((node) => mason(node).free()));
    const key = 'counted';
    await mason(0).read({ key });
    const before = await free();
    for (let round = 0; round < 40; round++) {
      await mason(round % 3).set({ key, fill: round });
      await mason((round + 1) % 3).add({ key, by: 1 });
      expect(await mason((round + 2) % 3).read({ key })).toEqual([round + 1, round + 1]);
      expect(await mason(round % 3).spoil({ key })).toBe('spoilt');
    }
    expect((await free()).reduce((a, b) => a + b)).toBe(before.reduce((a, b) => a + b) - 1);
    await mason(1).add({ key, by: 1 });
    const main = await blocks();
    await main.remove(key);
    expect(await free()).toEqual(before);
  });

  it('keeps the old page where a change throws, and where an operation does', async () => {
    const key = 'kept';
    await mason(0).set({ key, fill: 7 });
    expect(await mason(1).spoil({ key })).toBe('spoilt');
    const main = await blocks();
    expect(await main.execute(key, 'add', 5)).toBe(12);
    await expect(main.execute(key, 'fail', null)).rejects.toThrow('no');
    expect(await mason(2).read({ key })).toEqual([12, 7]);
  });

  it('refuses whatever is not a page', async () => {
    const main = await blocks();
    const key = 'refused';
    await main.set(key, new Uint8Array(pageBytes).fill(3));
    const detached = new Uint8Array(pageBytes);
    structuredClone(detached, { transfer: [detached.buffer] });
    const resizable = new ArrayBuffer(pageBytes, { maxByteLength: 2 * pageBytes });
    const shrunk = new Uint8Array(resizable, 0, pageBytes);
    const tracking = new Uint8Array(resizable);
    resizable.resize(100);
    const strangers = [detached, shrunk, tracking, new Uint8Array(pageBytes - 1), new Uint8Array(0), 'page', null];
    for (const stranger of strangers) {
      await expect(main.set(key, stranger as Uint8Array)).rejects.toMatchObject({ code: 'HF_SCHEMA' });
      await expect(main.grab(key, () => stranger as Uint8Array)).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    }
    expect((await main.read(key))?.[0]).toBe(3);
    for (const count of [0, -1, 1.5, 257]) expect(() => pages(count)).toThrow(ContainerDefinitionError);
  });

  it('hands out copies to those that have no lease', async () => {
    const main = await blocks();
    const key = 'copies';
    await main.set(key, new Uint8Array(pageBytes).fill(1));
    const read = await main.read(key);
    const seen: (number | undefined)[] = [];
    const written = await main.grab(key, (draft) => void draft!.fill(2));
    await main.grab(key, (draft) => void draft!.fill(3));
    for await (const { value } of main.watch(key)) {
      seen.push(value?.[0]);
      if (seen.length === 2) break;
      await main.grab(key, (draft) => void draft!.fill(4));
    }
    expect([read?.[0], written?.[0], ...seen]).toEqual([1, 2, 3, 4]);
  });

  it('writes by a lease, whose draft is a page that becomes the value or is given back', async () => {
    const main = await blocks();
    const key = 'leased';
    await main.set(key, new Uint8Array(pageBytes));
    const { freePages } = cluster.main.pages;
    {
      using lease = await main.grab(key);
      lease.draft!.fill(8);
    }
    {
      using lease = await main.grab(key);
      expect(lease.value?.[0]).toBe(0);
      lease.draft![0] = 9;
      await lease.commit();
    }
    expect((await main.read(key))?.[0]).toBe(9);
    const [first, second] = await main.grabAll([key, 'leased too'], ([draft]) => {
      draft!.fill(1);
      return [draft, new Uint8Array(pageBytes).fill(2)];
    });
    expect([first?.[0], second?.[0]]).toEqual([1, 2]);
    const half = main.grabAll([key, 'leased too'], () => [new Uint8Array(pageBytes), new Uint8Array(1)]);
    await expect(half).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    expect((await main.read(key))?.[0]).toBe(1);
    await main.remove(key);
    await main.remove('leased too');
    // The embedding thread owns nothing: what it used went elsewhere.
    expect(cluster.main.pages.freePages).toBeGreaterThanOrEqual(freePages);
  });

  it('goes on in memory of its own when the pages are used up', async () => {
    const keys = Array.from({ length: pagesPerNode + 20 }, (_, n) => `many${n}`);
    for (const [n, key] of keys.entries()) await mason(2).set({ key, fill: n });
    expect(await mason(2).free()).toBe(0);
    for (const [n, key] of keys.entries()) expect(await mason(n % 2).read({ key })).toEqual([n, n]);
    const main = await blocks();
    for (const key of keys) await main.remove(key);
    expect(await mason(2).free()).toBeGreaterThan(0);
  });

  it('survives the death of a node with its pages: copies are whole, and so is what was on its way', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `dies${n}`);
    for (const [n, key] of keys.entries()) await mason(1).set({ key, fill: n + 1 });
    for (const [n, key] of keys.entries()) if (n < 8) await mason(n % 2 === 0 ? 0 : 2).read({ key });
    for (let key = 0; key < 4; key++) await mason(1).setRun({ key, fill: 40 + key });
    await cluster.kill('n1');
    for (const [n, key] of keys.entries()) {
      const read = await mason(2)
        .read({ key })
        .catch((error: unknown) => (error as { code: string }).code);
      expect(read).toEqual(n < 8 ? [n + 1, n + 1] : 'HF_LOST');
    }
    for (let key = 0; key < 4; key++) expect(await mason(0).readRun(key)).toEqual([40 + key, 40 + key]);
    for (const key of keys) expect(await mason(2).set({ key, fill: 9 })).toBeUndefined();
    for (const key of keys) expect(await mason(0).add({ key, by: 1 })).toBe(10);
  });

  it('tears no page and loses none, whoever dies in the middle of it', async () => {
    const keys = 8;
    const main = await blocks();
    const free = async () => await Promise.all([0, 1, 2].map((node) => mason(node).free()));
    await cluster.restart('n1');
    await expect.poll(() => mason(1).read({ key: 'dies0' })).toEqual([10, 10]);
    const before = await free();
    const churning = [0, 2].map((node) => mason(node).churn({ keys, times: 1500, seed: node }));
    for (const seed of [5, 6]) {
      const dying = mason(1).churn({ keys, times: 100_000, seed });
      const died = expect(dying).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
      await expect.poll(async () => (await main.inspect('churned 0')).owner).toBeDefined();
      await cluster.kill('n1');
      await died;
      await cluster.restart('n1');
      await expect.poll(() => mason(1).read({ key: 'dies0' })).toEqual([10, 10]);
    }
    expect(await Promise.all(churning)).toEqual([0, 0]);
    for (let key = 0; key < keys; key++) await main.remove(`churned ${key}`);
    // Node 1 reads a block of its own since: what its former lives had of it is gone with them.
    await mason(1).read({ key: 'dies0' });
    expect((await free()).reduce((a, b) => a + b)).toBe(before.reduce((a, b) => a + b));
  });
});
