import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../../src/index.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { startCluster } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

describe('cluster.failLink', () => {
  it('shows the fault, the failover and the return of the link; calls go on without one lost', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const service = cluster.service(Mischief);
    const said: string[] = [];
    const back = Promise.withResolvers<void>();
    cluster.events$.subscribe((event: ClusterEvent) => {
      if (event.type === 'link-down') said.push(`${event.node} down ${event.driver} ${event.cause}`);
      if (event.type === 'failover') said.push(`${event.node} ${event.from} to ${event.to}`);
      if (event.type !== 'link-up') return;
      said.push(`${event.node} up ${event.driver}`);
      if (event.node === 'main') back.resolve();
    });
    const before = await service.count();
    await cluster.failLink({ between: ['main', 'n0'], driver: 'ring' });
    const calls = await Promise.all(Array.from({ length: 50 }, () => service.count()));
    expect(calls).toEqual(Array.from({ length: 50 }, (_, index) => before + 1 + index));
    await back.promise;
    expect(said).toContain('main down ring killed');
    expect(said).toContain('main ring to port');
    expect(said).toContain('main up ring');
    expect(said.indexOf('main down ring killed')).toBeLessThan(said.indexOf('main ring to port'));
    expect(await service.count()).toBe(before + 51);
  });

  it('is a typed error for members that are not there, drivers not in use, and a node that is down', async () => {
    const cluster = await startCluster({ nodes: 2, interconnect: ['ring'] });
    const fail = (first: string, second: string, driver: 'ring' | 'port') =>
      expect(cluster.failLink({ between: [first, second], driver })).rejects;
    await fail('n0', 'n7', 'ring').toMatchObject({ code: 'HF_UNKNOWN_NODE' });
    await fail('n0', 'n1', 'port').toMatchObject({ code: 'HF_UNKNOWN_LINK' });
    await fail('n0', 'n0', 'ring').toMatchObject({ code: 'HF_UNKNOWN_LINK' });
    await cluster.kill('n1');
    await fail('n1', 'n0', 'ring').toMatchObject({ code: 'HF_NODE_DOWN' });
    await fail('n0', 'n1', 'ring').toMatchObject({ code: 'HF_UNKNOWN_LINK' });
  });
});
