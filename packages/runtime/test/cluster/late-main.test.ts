import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Mischief } from '../fixtures/mischief.ts';
import { startCluster, states } from '../fixtures/open-cluster.ts';

/** Much longer than the supervisor needs from the order to start until it sends main its wires. */
const slowLoadMs = 1500;

vi.mock('../../src/node/become-member.ts', async (original) => {
  await passed(slowLoadMs);
  return original();
});

it('main whose code loads slowly is sent its wires when it can take them, and none is lost', async () => {
  const cluster = await startCluster({ nodes: 2, bootMs: 15_000 });
  expect(states(cluster)).toEqual(['n0#1 up', 'n1#1 up', 'main#1 up']);
  await cluster.deploy(new URL('../fixtures/mischief.ts', import.meta.url), { on: 'all' });
  expect(await cluster.service(Mischief, { node: 'n1' }).count()).toBe(1);
});
