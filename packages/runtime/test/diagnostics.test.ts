import { describe, expect, it } from 'vitest';
import { Mischief } from './fixtures/mischief.ts';
import { startCluster } from './fixtures/open-cluster.ts';

const module = new URL('./fixtures/mischief.ts', import.meta.url);

describe('cluster.diagnostics', () => {
  it('reports every member: loop use, mailboxes, messages', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n0' });
    const pending = Array.from({ length: 3 }, () =>
      cluster
        .service(Mischief)
        .never()
        .catch(() => undefined),
    );
    for (let call = 0; call < 10; call += 1) await cluster.service(Mischief).count();
    const [main, n0, n1] = await cluster.diagnostics();
    expect([main?.name, n0?.name, n1?.name]).toEqual(['main', 'n0', 'n1']);
    expect(n0?.report).toMatchObject({ mailboxDepth: 3, failovers: 0, sessions: 2 });
    expect(n0?.report?.framesSent).toBeGreaterThanOrEqual(10);
    expect(n0?.report?.eventLoopUse).toBeGreaterThan(0);
    expect(n0?.report?.eventLoopUse).toBeLessThanOrEqual(1);
    expect(n0?.report?.services[0]).toMatchObject({ name: 'mischief', callsTotal: 13 });
    expect(n1?.report).toMatchObject({ mailboxDepth: 0, services: [] });
    await cluster.close();
    await Promise.all(pending);
  });

  it('lists a member that does not answer, or is down, as not responding', async () => {
    const cluster = await startCluster({ nodes: 3 });
    await cluster.pause('n1');
    await cluster.kill('n2');
    const reports = await cluster.diagnostics();
    expect(reports.map(({ name, responding }) => [name, responding])).toEqual([
      ['main', true],
      ['n0', true],
      ['n1', false],
      ['n2', false],
    ]);
  });
});
