import { describe, expect, it } from 'vitest';
import type { Cluster, ClusterEvent } from '../../src/index.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, startCluster, states } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

/** The events of these types from now on, as text, and a wait until there are so many. */
function record(cluster: Cluster, types: readonly ClusterEvent['type'][]) {
  const seen: string[] = [];
  cluster.events$.subscribe((event) => {
    if (types.includes(event.type) && 'node' in event) seen.push(`${event.type} ${event.node}`);
  });
  return seen;
}

describe('restart strategies', () => {
  it('never: a dead node stays down', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const seen = record(cluster, ['node-down', 'node-restarting', 'node-up']);
    await cluster.kill('n0');
    await cluster.kill('n1');
    await expect.poll(() => seen).toEqual(['node-down n0', 'node-down n1']);
    expect(states(cluster)).toEqual(['n0#1 down', 'n1#1 down', 'main#1 up']);
  });

  it('one-for-one: the dead node alone comes back, with what was deployed on it and nothing it remembered', async () => {
    const cluster = await startCluster({ nodes: 2, restart: {} });
    await cluster.deploy(module, { on: 'all' });
    const service = (node: string) => cluster.service(Mischief, { node });
    await service('n0').count();
    await service('n1').count();
    const seen = record(cluster, ['node-down', 'node-restarting', 'node-up']);
    const back = nextEvent(cluster, 'deployed');
    await cluster.kill('n1');
    expect(await back).toMatchObject({ node: 'n1', service: 'mischief' });
    await expect.poll(() => seen).toEqual(['node-down n1', 'node-restarting n1', 'node-up n1']);
    await expect.poll(() => service('n1').whoami()).toMatchObject({ name: 'n1', incarnation: 2 });
    expect(await service('n1').count()).toBe(1);
    expect(await service('n0').count()).toBe(2);
  });

  it('all-for-one: everybody is restarted', async () => {
    const cluster = await startCluster({ nodes: 3, restart: { strategy: 'all-for-one' } });
    const downs: ClusterEvent[] = [];
    cluster.events$.subscribe((event) => {
      if (event.type === 'node-down') downs.push(event);
    });
    const lastUp = nextEvent(cluster, 'view', (event) => event.up.length === 4);
    await cluster.kill('n1');
    await lastUp;
    expect(states(cluster)).toEqual(['n0#2 up', 'n1#2 up', 'n2#2 up', 'main#1 up']);
    const causes = downs.map((event) => 'cause' in event && event.cause).sort();
    expect(causes).toEqual(['killed', 'recycled', 'recycled']);
  });

  it('over the limit, escalate: every node is ended', async () => {
    const cluster = await startCluster({ nodes: 2, restart: { max: 1, within: '60s' } });
    const up = nextEvent(cluster, 'node-up');
    await cluster.kill('n0');
    await up;
    const escalated = nextEvent(cluster, 'escalated');
    const empty = nextEvent(cluster, 'view', (event) => event.up.length === 1);
    await cluster.kill('n0');
    expect(await escalated).toMatchObject({ node: 'n0', scope: 'cluster', restarts: 1, withinMs: 60_000 });
    await empty;
    expect(states(cluster)).toEqual(['n0#2 down', 'n1#1 down', 'main#1 up']);
  });

  it('of a deployment: its nodes come back up to its own limit, then the cluster decides', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n0', restart: { max: 1, within: '60s' } });
    const up = nextEvent(cluster, 'deployed');
    await cluster.kill('n0');
    await up;
    const escalated = nextEvent(cluster, 'escalated');
    await cluster.kill('n0');
    expect(await escalated).toMatchObject({ node: 'n0', scope: 'deployment', restarts: 1 });
    expect(states(cluster)).toEqual(['n0#2 down', 'n1#1 up', 'main#1 up']);
  });
});
