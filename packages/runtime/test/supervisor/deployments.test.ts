import { describe, expect, it } from 'vitest';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, startCluster } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

describe('cluster.deploy', () => {
  it('runs a service where it is told, and stop takes it away and disposes of it', async () => {
    const cluster = await startCluster({ nodes: 3 });
    const disposed = new SharedArrayBuffer(4);
    const deployment = await cluster.deploy(module, { on: ['n0', 'n2', 'n0'], options: { disposed } });
    expect(deployment).toMatchObject({ name: 'mischief', nodes: ['n0', 'n2'] });
    const answers = await cluster.broadcast(Mischief).whoami();
    expect(answers.map((answer) => answer.status === 'fulfilled' && answer.value.name)).toEqual(['n0', 'n2']);
    const undeployed = nextEvent(cluster, 'undeployed');
    await deployment.stop();
    expect(await undeployed).toMatchObject({ service: 'mischief' });
    expect(new Int32Array(disposed)[0]).toBe(2);
    await expect(cluster.service(Mischief).count()).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
    await deployment.stop();
  });

  it('takes "all" for the nodes that are up', async () => {
    const cluster = await startCluster({ nodes: 3 });
    await cluster.kill('n1');
    expect((await cluster.deploy(module, { on: 'all' })).nodes).toEqual(['n0', 'n2']);
  });

  it('is forgotten with its node: a call right after a kill settles at once, and never waits out its time-out', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const mischief = cluster.service(Mischief);
    for (let round = 0; round < 10; round++) {
      const underWay = mischief.count().catch(() => undefined);
      await cluster.kill('n1');
      await expect(mischief.count(undefined, { timeoutMs: 5000 })).rejects.toMatchObject({
        code: 'HF_UNKNOWN_SERVICE',
      });
      await underWay;
      await cluster.restart('n1');
    }
  });

  it('is known to every node when it returns: they call each other at once', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(new URL('../fixtures/relay.ts', import.meta.url), { on: 'n0' });
    const { Relay } = await import('../fixtures/relay.ts');
    await cluster.deploy(module, { on: 'n1' });
    expect(await cluster.service(Relay).countElsewhere()).toBe(1);
  });

  it.each([
    ['throws while it is set up', module, { throwAtSetup: 'no luck today' }, /no luck today/],
    ['exports no service', new URL('../fixtures/not-a-service.ts', import.meta.url), undefined, /not-a-service/],
    ['is not there', new URL('../fixtures/nowhere.ts', import.meta.url), undefined, /nowhere/],
    ['has a syntax error', 'data:text/javascript,export default {', undefined, /./],
    ['throws while it loads', 'data:text/javascript,throw new TypeError("at load")', undefined, /at load/],
  ])(
    'of a module that %s rejects, deploys nothing, and leaves the nodes as they were',
    async (_, url, options, says) => {
      const cluster = await startCluster({ nodes: 2 });
      await expect(cluster.deploy(url, { on: 'all', options })).rejects.toThrow(says);
      await expect(cluster.service(Mischief).count()).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
      await cluster.deploy(module, { on: 'all' });
      expect(await cluster.service(Mischief).count()).toBe(1);
    },
  );

  it.each([
    ['a node that does not exist', { on: 'n9' }, 'HF_UNKNOWN_NODE'],
    ['the embedding thread', { on: 'main' }, 'HF_UNKNOWN_NODE'],
    ['no node', { on: [] }, 'HF_CONFIG'],
    ['a limit that is none', { on: 'n0', restart: { max: 0, within: '1s' } }, 'HF_CONFIG'],
    ['options that cannot be cloned', { on: 'n0', options: { call: () => undefined } }, 'HF_CONFIG'],
  ])('refuses %s', async (_, options, code) => {
    const cluster = await startCluster({ nodes: 1 });
    await expect(cluster.deploy(module, options)).rejects.toMatchObject({ code });
  });

  it('refuses a module path that is relative to nothing, and a node that is down', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await expect(cluster.deploy('./service.js', { on: 'n0' })).rejects.toMatchObject({ code: 'HF_CONFIG' });
    await cluster.kill('n1');
    await expect(cluster.deploy(module, { on: 'n1' })).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
  });
});
