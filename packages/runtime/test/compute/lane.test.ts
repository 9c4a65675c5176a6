import { describe, expect, it } from 'vitest';
import type { Cluster, PageRun } from '../../src/index.ts';
import { poisonByte } from '../../src/memory/page-table.ts';
import { pageBytes } from '../../src/memory/types.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { nextEvent, startCluster } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/lane-jobs.ts', import.meta.url);

function run(cluster: Cluster, count: number): PageRun {
  const { pages } = cluster.main;
  const first = pages.take(count);
  return { first, count, generation: pages.generation(first) };
}

async function started(steps: SharedArrayBuffer): Promise<void> {
  await expect.poll(() => Atomics.load(new Int32Array(steps), 0)).toBe(1);
}

describe('the compute lane', () => {
  it('works on pages in place, in another thread, and answers', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const pages = [run(cluster, 2), run(cluster, 1)];
    const finished = nextEvent(cluster, 'lane-job', (event) => event.state === 'finished');
    const answer = await cluster.main.compute.run<{ sum: number; threadId: number }>({
      module,
      pages,
      argument: { do: 'fill' },
    });
    expect(answer.sum).toBe(3 * 4096 * 7);
    expect(answer.threadId).toBeGreaterThan(0);
    expect(cluster.main.pages.bytes(pages[0]!.first)[0]).toBe(7);
    expect(await finished).toMatchObject({ node: 'main', pages: 3 });
  });

  it('rejects with what the job threw', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const job = cluster.main.compute.run({ module, pages: [], argument: { do: 'throw' } });
    await expect(job).rejects.toThrow(RangeError);
    const missing = cluster.main.compute.run({ module: 'file:///nowhere/job.js', pages: [] });
    await expect(missing).rejects.toThrow(/nowhere/);
  });

  it('rejects when the thread of the job dies, and goes on with the next', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const died = cluster.main.compute.run({ module, pages: [], argument: { do: 'exit' } });
    await expect(died).rejects.toMatchObject({ code: 'HF_LANE_DIED' });
    expect(await cluster.main.compute.run({ module, pages: [], argument: { do: 'sum' } })).toMatchObject({ sum: 0 });
  });

  it('ends the thread of an aborted job, and lets go of its pages', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const pages = [run(cluster, 1)];
    const steps = new SharedArrayBuffer(8);
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const job = cluster.main.compute.run(
      { module, pages, argument: { do: 'wait', steps } },
      { signal: controller.signal },
    );
    const rejected = expect(job).rejects.toBe(reason);
    await started(steps);
    const before = cluster.main.pages.freePages;
    controller.abort(reason);
    await rejected;
    cluster.main.pages.give(pages[0]!.first);
    expect(cluster.main.pages.freePages).toBe(before + 1);
    await expect(cluster.main.compute.run({ module, pages: [] }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it('holds the pages while the job runs, and refuses stale ones', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const pages = [run(cluster, 1)];
    const steps = new SharedArrayBuffer(8);
    const job = cluster.main.compute.run({ module, pages, argument: { do: 'wait', steps } });
    await started(steps);
    const before = cluster.main.pages.freePages;
    cluster.main.pages.give(pages[0]!.first);
    expect(cluster.main.pages.freePages).toBe(before);
    Atomics.store(new Int32Array(steps), 1, 1);
    Atomics.notify(new Int32Array(steps), 1);
    await job;
    expect(cluster.main.pages.freePages).toBe(before + 1);
    const stale = cluster.main.compute.run({ module, pages, argument: { do: 'sum' } });
    await expect(stale).rejects.toMatchObject({ code: 'HF_LANE_PAGES' });
  });

  it('keeps the pages of a dead node from being poisoned under a job, and the place from being used again', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(new URL('../fixtures/mischief.ts', import.meta.url), { on: 'n0' });
    const { first, generation } = await cluster.service(Mischief).takePage({ fill: 7 });
    const steps = new SharedArrayBuffer(8);
    const pages = [{ first, count: 1, generation }];
    const job = cluster.main.compute.run({ module, pages, argument: { do: 'wait', steps } });
    await started(steps);
    await cluster.kill('n0');
    let restarted = false;
    const restart = cluster.restart('n0').then(() => {
      restarted = true;
    });
    // A node answers twice: whatever the death called for beside the job has had its time.
    await cluster.diagnostics();
    await cluster.diagnostics();
    expect(restarted).toBe(false);
    Atomics.store(new Int32Array(steps), 1, 1);
    Atomics.notify(new Int32Array(steps), 1);
    expect(await job).toMatchObject({ sum: 7 * pageBytes });
    await restart;
    expect(cluster.main.pages.bytes(first)[0]).toBe(poisonByte);
    expect(cluster.main.pages.hold(first, 1, generation)).toBe(false);
  });

  it('ends the jobs of a member that died', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const steps = new SharedArrayBuffer(8);
    const aborted = nextEvent(cluster, 'lane-job', (event) => event.state === 'aborted');
    await cluster.deploy(new URL('../fixtures/submitter.ts', import.meta.url), { on: 'n0', options: { steps } });
    await started(steps);
    await cluster.kill('n0');
    expect(await aborted).toMatchObject({ node: 'n0' });
    await cluster.restart('n0');
  });

  it('is closed with the cluster, jobs and all', async () => {
    const cluster = await startCluster({ nodes: 1 });
    const steps = new SharedArrayBuffer(8);
    const { compute } = cluster.main;
    const job = compute.run({ module, pages: [], argument: { do: 'wait', steps } });
    const rejected = expect(job).rejects.toMatchObject({ code: expect.stringMatching(/^HF_/) });
    await started(steps);
    await cluster.close();
    await rejected;
    await expect(compute.run({ module, pages: [] })).rejects.toMatchObject({ code: 'HF_LANE_CLOSED' });
  });
});
