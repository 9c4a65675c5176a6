import { expect, test } from 'vitest';
import { forwards } from '../../src/coherence/forwards.ts';
import { withCoherentNodes } from '../../src/ours/coherent-cluster.ts';

test('nodes that share objects: hits, misses, a counter, and what it took', async () => {
  await withCoherentNodes(3, async (node, names) => {
    await node(0).fill({ first: 0, count: 20 });
    const read = await node(1).each({ what: 'read', first: 0, count: 20 });
    expect(read).toMatchObject({ calls: 20, messages: 20 });
    const written = await node(2).each({ what: 'write', first: 0, count: 20 });
    expect(written.p50us).toBeGreaterThan(0);
    for (const what of ['peek', 'get'] as const) expect(await node(0).hits({ what, ms: 5 })).toBeGreaterThan(0);
    for (const what of ['execute', 'grab'] as const) {
      const counts = await Promise.all(names.map((name) => node(name).contend({ what, outstanding: 2, ms: 10 })));
      expect(Math.min(...counts)).toBeGreaterThan(0);
    }
    const load = { keys: 30, outstanding: 2, writeEvery: 5, ms: 10, seed: 1 };
    const { calls, reads, hits } = await node(1).drive(load);
    expect(calls).toBeGreaterThan(reads);
    expect(hits).toBeLessThanOrEqual(reads);
  });
});

test('random writes are passed on at most 0.6 log2 N times on average', async () => {
  const { value } = await forwards[0]!.ours.round({ warmUpMs: 0, measureMs: 0, quick: true });
  expect(value).toBeLessThanOrEqual(0.6);
});
