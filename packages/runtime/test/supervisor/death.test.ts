import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, scratchDirectory, startCluster, states } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

/** A node that ends itself may do so before its answer has left. */
function answerOrDeath(error: unknown): void {
  expect(error).toMatchObject({ code: 'HF_NODE_DOWN' });
}

describe('the death of a node', () => {
  it('by process.exit is heard at once, with the exit code, and calls to it reject', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const down = nextEvent(cluster, 'node-down');
    void cluster.service(Mischief).exit({ code: 7 }).catch(answerOrDeath);
    expect(await down).toMatchObject({ node: 'n1', cause: 'exited', exitCode: 7 });
    await expect(cluster.service(Mischief).count()).rejects.toMatchObject({
      code: expect.stringMatching(/^HF_(UNKNOWN_SERVICE|NODE_DOWN)$/),
    });
  });

  it('by an exception nobody caught carries the exception', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const down = nextEvent(cluster, 'node-down');
    void cluster.service(Mischief).throwLater({ message: 'a bug of the app' }).catch(answerOrDeath);
    expect(await down).toMatchObject({ node: 'n1', cause: 'failed', error: { message: 'a bug of the app' } });
    expect(states(cluster)).toContain('n0#1 up');
  });

  it('by memory ends that node only', async () => {
    const cluster = await startCluster({ nodes: 2, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    await cluster.deploy(module, { on: 'all' });
    const down = nextEvent(cluster, 'node-down');
    void cluster.service(Mischief, { node: 'n1' }).allocate().catch(answerOrDeath);
    expect(await down).toMatchObject({ node: 'n1', cause: 'out-of-memory' });
    expect(await cluster.service(Mischief, { node: 'n0' }).count()).toBe(1);
  });

  it('is noticed while the embedding thread blocks', async () => {
    const cluster = await startCluster({ nodes: 2, restart: { max: 1 } });
    await cluster.deploy(module, { on: 'n1' });
    const up = nextEvent(cluster, 'node-up');
    const { epoch } = cluster;
    void cluster.service(Mischief).exit({ code: 1 }).catch(answerOrDeath);
    // The call leaves at the end of this turn.
    await new Promise(setImmediate);
    // The view is agreed on and shared by the supervisor, not by this thread.
    const untilMs = performance.now() + 60_000;
    while (cluster.epoch === epoch && performance.now() < untilMs) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    expect(cluster.epoch).toBeGreaterThan(epoch);
    expect(await up).toMatchObject({ node: 'n1', incarnation: 2 });
  });
});

describe('a node that blocks its loop for 5 s', () => {
  it('is reported as stalled and recovered, keeps its incarnation, and answers all that was sent meanwhile', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'n1' });
    const events: string[] = [];
    cluster.events$.subscribe((event) => events.push(event.type));
    const service = cluster.service(Mischief);
    const recovered = nextEvent(cluster, 'node-recovered');
    const blocked = service.block({ ms: 5000 });
    const counts = Array.from({ length: 100 }, () => service.count());
    await blocked;
    expect(await Promise.all(counts)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect((await recovered).silentMs).toBeGreaterThan(3000);
    expect(events).toContain('node-stalled');
    expect(events).not.toContain('node-down');
    expect(states(cluster)).toContain('n1#1 up');
  });

  it('is ended when the cluster was told to, after hangMs', async () => {
    const cluster = await startCluster({ nodes: 2, stallMs: 500, hangMs: 2000 });
    await cluster.deploy(module, { on: 'n1' });
    const down = nextEvent(cluster, 'node-down');
    const call = cluster.service(Mischief).block({ ms: 60_000 });
    const failed = expect(call).rejects.toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'unknown' });
    expect(await down).toMatchObject({ node: 'n1', cause: 'hung' });
    await failed;
  });
});

describe('a thread that does not end', () => {
  it('is fenced and named, its place is not used again, and close fails naming it', async () => {
    const directory = await scratchDirectory();
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const arena = Arena.process();
    const free = arena.freeBytes;
    const cluster = await startCluster({ nodes: 2, terminateMs: 1000 });
    const taken = free - arena.freeBytes;
    await cluster.deploy(module, { on: 'n1' });
    await cluster.service(Mischief).openFifo({ path: fifo });
    const stuck = nextEvent(cluster, 'node-stuck');
    const epoch = cluster.epoch;
    try {
      await expect(cluster.kill('n1')).rejects.toMatchObject({ code: 'HF_NODE_STUCK', nodes: ['n1'] });
      expect(await stuck).toMatchObject({ node: 'n1', incarnation: 1 });
      expect(states(cluster)).toEqual(['n0#1 up', 'n1#1 stuck', 'main#1 up']);
      expect(cluster.epoch).toBeGreaterThan(epoch);
      await expect(cluster.restart('n1')).rejects.toMatchObject({ code: 'HF_NODE_STUCK' });
      await expect(cluster.close()).rejects.toMatchObject({ code: 'HF_NODE_STUCK', nodes: ['n1'] });
      // It could still write anywhere in the cluster's memory.
      expect(free - arena.freeBytes).toBe(taken);
    } finally {
      // A writer lets the open come back, and the thread end.
      closeSync(openSync(fifo, constants.O_RDWR));
    }
    await expect.poll(() => arena.freeBytes).toBe(free);
  });
});
