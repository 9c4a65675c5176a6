import { describe, expect, it } from 'vitest';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, startCluster, states } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

describe('cluster.pause', () => {
  it.each(['event', 'blocking'] as const)('stops a node of loop kind %s until it is resumed', async (loop) => {
    const cluster = await startCluster({ nodes: 2, loop, stallMs: 250 });
    let heart = 'beats';
    cluster.events$.subscribe((event) => {
      if (event.type === 'node-stalled' && event.node === 'n1') heart = 'stalled';
      if (event.type === 'node-recovered' && event.node === 'n1') heart = 'beats';
    });
    await cluster.deploy(module, { on: 'n1' });
    await cluster.pause('n1');
    await cluster.pause('n1');
    let answered = false;
    const call = cluster
      .service(Mischief)
      .count()
      .finally(() => {
        answered = true;
      });
    await expect.poll(() => heart).toBe('stalled');
    expect(answered).toBe(false);
    await cluster.resume('n1');
    expect(await call).toBe(1);
    await expect.poll(() => heart).toBe('beats');
    expect(states(cluster)).toContain('n1#1 up');
  });

  it('follows a resume at once, again and again: no pause is taken for the one before', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    for (let turn = 0; turn < 200; turn += 1) {
      await cluster.pause('n0');
      await cluster.resume('n0');
    }
    expect(await cluster.service(Mischief).count()).toBe(1);
  });

  it('is called off by a resume before the node stood still', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const gate = new SharedArrayBuffer(8);
    const words = new Int32Array(gate);
    await cluster.deploy(module, { on: 'n0', options: { gate } });
    const blocked = cluster.service(Mischief).blockAtGate();
    await expect.poll(() => Atomics.load(words, 0)).toBe(1);
    const pause = expect(cluster.pause('n0')).rejects.toMatchObject({ code: 'HF_CONFIG' });
    await cluster.resume('n0');
    await pause;
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    await blocked;
    expect(await cluster.service(Mischief).count()).toBe(1);
  });

  it('does not keep the node from being killed, and the next incarnation runs', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    await cluster.pause('n1');
    await cluster.kill('n1');
    await cluster.restart('n1');
    expect(await cluster.service(Mischief).whoami()).toMatchObject({ incarnation: 2 });
  });

  it('holds up the burial of another node until it runs again, and says so', async () => {
    const cluster = await startCluster({ nodes: 3, bootMs: 4000 });
    await cluster.pause('n2');
    await cluster.kill('n1');
    const refused = cluster.restart('n1');
    await expect(refused).rejects.toMatchObject({ code: 'HF_TIMEOUT', hint: expect.stringContaining('n2') });
    await cluster.resume('n2');
    await cluster.restart('n1');
    expect(states(cluster)).toEqual(['n0#1 up', 'n1#2 up', 'n2#1 up', 'main#1 up']);
  });

  it('is refused for members that are no nodes and for nodes that are down', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await expect(cluster.pause('main')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
    await cluster.kill('n0');
    await expect(cluster.pause('n0')).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
  });
});

describe('cluster.partition', () => {
  it('holds back what is sent until it heals; nothing is lost', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const service = cluster.service(Mischief);
    await service.count();
    await cluster.partition(['main'], ['n1']);
    let answers = 0;
    const calls = Array.from({ length: 50 }, () => service.count().finally(() => (answers += 1)));
    // The other pairs talk on: the supervisor still reaches both nodes.
    await cluster.diagnostics();
    expect(answers).toBe(0);
    await cluster.heal();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
  });

  it('cuts one direction when asked to: the request arrives, the answer waits', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const logged = nextEvent(cluster, 'log');
    await cluster.partition(['n1'], ['main'], { oneWay: true });
    const call = cluster.service(Mischief).log({ message: 'got through' });
    expect(await logged).toMatchObject({ node: 'n1', level: 'warn', message: 'got through', fields: { from: 'n1' } });
    await cluster.heal();
    await call;
  });

  it('refuses groups that overlap, are empty, or name strangers', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await expect(cluster.partition(['n0'], ['n0', 'n1'])).rejects.toMatchObject({ code: 'HF_CONFIG' });
    await expect(cluster.partition([], ['n1'])).rejects.toMatchObject({ code: 'HF_CONFIG' });
    await expect(cluster.partition(['n0'], ['n5'])).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
  });
});
