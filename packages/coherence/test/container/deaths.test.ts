import { Cluster } from '@holdfast/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Accounts, Counters, Vault } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start({ nodes: 4 });
  await cluster.container(Accounts);
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
});
afterEach(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });
const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);

describe('when a node dies', () => {
  it('a copy that survives becomes the object, and everybody goes on with it', async () => {
    for (const key of keys) await clerk(1).set({ key, value: { n: 1, tags: [] } });
    for (const key of keys) await clerk(2).read(key);
    await cluster.kill('n1');
    for (const key of keys) expect((await clerk(0).read(key))?.n).toBe(1);
    for (const key of keys) expect(await clerk(3).add({ key, by: 1 })).toBe(2);
    const accounts = await cluster.container(Accounts);
    for (const key of keys) expect((await accounts.read(key))?.n).toBe(2);
    expect((await accounts.inspect('k0')).members.map(({ member }) => member)).toEqual(['n0', 'n2', 'n3', 'main']);
  });

  it('the only copy of a value says that it is lost until it is set, and never an older value', async () => {
    for (const key of keys) await clerk(0).set({ key, value: { n: 1, tags: [] } });
    for (const key of keys) await clerk(1).add({ key, by: 1 });
    await cluster.kill('n1');
    for (const key of keys) {
      const outcome = await clerk(2)
        .read(key)
        .catch((error: unknown) => (error as { code: string }).code);
      // What no survivor knew of reads as absent.
      expect(['HF_LOST', undefined]).toContain(outcome);
    }
    for (const key of keys) await clerk(3).set({ key, value: { n: 7, tags: [] } });
    for (const key of keys) expect((await clerk(0).read(key))?.n).toBe(7);
  });

  it('operations say that what they would change is lost, until it is set', async () => {
    for (const key of keys) await clerk(0).count({ key, times: 1 });
    for (const key of keys) await clerk(1).count({ key, times: 1 });
    await cluster.kill('n1');
    const outcomes: unknown[] = [];
    for (const [n, key] of keys.entries()) {
      const outcome = await clerk(2 + (n % 2))
        .execute({ key, by: 5 })
        .catch((error: unknown) => (error as { code: string }).code);
      // What no survivor knew of begins anew.
      expect(['HF_LOST', 5]).toContain(outcome);
      outcomes.push(outcome);
    }
    expect(outcomes).toContain('HF_LOST');
    const counters = await cluster.container(Counters);
    for (const key of keys) await counters.set(key, { n: 7 });
    for (const key of keys) expect(await clerk(3).execute({ key, by: 1 })).toBe(8);
  });

  it('calls that are under way end, and no addition of a survivor is lost or doubled', async () => {
    await clerk(0).count({ key: 'busy', times: 1 });
    const times = 300;
    const counting = [0, 2, 3].map((node) => clerk(node).count({ key: 'busy', times }));
    await clerk(2).read('a');
    await cluster.kill('n1');
    await Promise.all(counting);
    expect(await clerk(3).counter('busy')).toBe(3 * times + 1);
  });

  it('it comes back, takes part again, and reads what the others have', async () => {
    for (const key of keys) await clerk(0).set({ key, value: { n: 1, tags: [] } });
    await cluster.kill('n3');
    for (const key of keys) expect(await clerk(1).add({ key, by: 1 })).toBeGreaterThan(0);
    await cluster.restart('n3');
    await expect.poll(async () => (await clerk(3).read('k0'))?.n).toBe(2);
    for (const key of keys) expect(await clerk(3).add({ key, by: 1 })).toBe(3);
    const counters = await cluster.container(Counters);
    expect(await counters.execute('again', 'add', 5)).toBe(5);
    expect(await clerk(3).counter('again')).toBe(5);
  });

  it('with a backup nothing acknowledged is lost, whoever dies', async () => {
    const vault = await cluster.container(Vault);
    for (const key of keys) expect(await clerk(1).deposit({ key, times: 2 })).toBe(2);
    expect(await vault.execute('k0', 'add', 10)).toBe(12);
    await cluster.kill('n1');
    for (const key of keys) expect(await clerk(2).vault(key)).toBe(key === 'k0' ? 12 : 2);
    // The shadows are made anew: the next death loses nothing either.
    for (const key of keys) await clerk(3).deposit({ key, times: 1 });
    await cluster.kill('n3');
    for (const key of keys) expect(await clerk(0).vault(key)).toBe(key === 'k0' ? 13 : 3);
    expect(vault.grabSync('k1', ({ n }) => ({ n: n + 1 })).n).toBe(4);
  });
});
