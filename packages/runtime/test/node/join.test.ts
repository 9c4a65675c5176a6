import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { joinCluster } from '../../src/index.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, startCluster, states } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);
const entry = new URL('../fixtures/attached-worker.ts', import.meta.url);

const workers: Worker[] = [];
function startWorker(): Worker {
  const worker = new Worker(entry);
  workers.push(worker);
  return worker;
}
async function message(worker: Worker): Promise<unknown> {
  return (await once(worker, 'message'))[0];
}
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

describe('a worker of the app', () => {
  it('becomes a member, calls services, and is a death when its thread ends', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n0' });
    const worker = startWorker();
    const joined = message(worker);
    expect(await cluster.attach(worker)).toBe('a0');
    expect(await joined).toEqual({ joined: 'a0', incarnation: 1 });
    expect(states(cluster)).toEqual(['n0#1 up', 'n1#1 up', 'main#1 up', 'a0#1 up']);
    const counted = message(worker);
    worker.postMessage('count');
    expect(await counted).toEqual({ count: 1 });
    const down = nextEvent(cluster, 'node-down');
    worker.postMessage('exit');
    expect(await down).toMatchObject({ node: 'a0', cause: 'exited' });
    expect(await cluster.service(Mischief).count()).toBe(2);
  });

  it('may leave, and its place is given to the next with a higher incarnation', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const first = startWorker();
    const joined = message(first);
    await cluster.attach(first);
    await joined;
    const down = nextEvent(cluster, 'node-down');
    const left = message(first);
    first.postMessage('leave');
    expect(await left).toEqual({ left: true });
    expect(await down).toMatchObject({ node: 'a0', incarnation: 1 });
    // Until everybody has let go of the first, its place is not free, and the next one gets another.
    const names: string[] = [];
    while (!names.includes('a0') && names.length < 6) names.push(await cluster.attach(startWorker()));
    expect(names).toContain('a0');
    expect(states(cluster)).toContain('a0#2 up');
  });

  it('that does not join is a time-out that says what to call', async () => {
    const cluster = await startCluster({ nodes: 1, bootMs: 3000 });
    const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
    workers.push(worker);
    await expect(cluster.attach(worker)).rejects.toMatchObject({
      code: 'HF_TIMEOUT',
      hint: expect.stringContaining('joinCluster'),
    });
  });

  it('goes on when the cluster closes', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const worker = startWorker();
    await cluster.attach(worker);
    await cluster.close();
    const exit = once(worker, 'exit');
    worker.postMessage('exit');
    expect((await exit)[0]).toBe(3);
  });
});

describe('joinCluster', () => {
  it('is refused outside of a worker', async () => {
    await expect(joinCluster()).rejects.toMatchObject({ code: 'HF_CONFIG' });
  });
});
