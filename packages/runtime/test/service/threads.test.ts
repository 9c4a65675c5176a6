import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MemberExchange } from '../../src/exchange/member-exchange.ts';
import { startCluster } from '../fixtures/open-cluster.ts';
import { Probe, QuotaError } from './probe-service.ts';
import { until } from './steering.ts';

const module = new URL('./probe-service.ts', import.meta.url);

describe('services on threads', () => {
  it('answer main and one another directly, in order, beside messages larger than a frame', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'all' });
    const probe = cluster.service(Probe, { node: 'n0' });
    const answers = await Promise.all(Array.from({ length: 5000 }, (_, n) => probe.count({ n })));
    expect(answers).toEqual(Array.from({ length: 5000 }, (_, n) => ({ n, before: n })));
    const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => i % 253);
    expect(await probe.bytes(bytes)).toEqual(bytes.toReversed());
    expect(await probe.forward({ to: 'n1', n: 7 })).toEqual({ n: 7, before: 0 });
    expect(await cluster.broadcast(Probe).count({ n: 1 })).toMatchObject([
      { node: 'n0', value: { before: 5000 } },
      { node: 'n1', value: { before: 1 } },
    ]);
  });

  it('throw errors that arrive with their class, code, own properties and cause', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const error = await cluster
      .service(Probe)
      .fail()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(QuotaError);
    expect(error).toMatchObject({ code: 'E_QUOTA', used: 12n, message: 'used 12' });
    expect((error as Error).cause).toBeInstanceOf(RangeError);
    expect((error as Error).stack).toContain('probe-service');
  });

  it('stream with credit, and stop producing when the consumer has enough', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const probe = cluster.service(Probe);
    const taken: number[] = [];
    for await (const value of probe.ticks()) {
      taken.push(value);
      if (value === 9) break;
    }
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await until(() => cluster.main.exchange.ready(0));
    const made = await probe.made();
    await probe.count({ n: 0 });
    expect((await probe.made()) - made).toBeLessThanOrEqual(1);
  });

  it('settle every call and stream when their node is killed', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await cluster.deploy(module, { on: 'all' });
    const probe = cluster.service(Probe, { node: 'n1' });
    const calls = Array.from({ length: 200 }, () => probe.hang());
    const settled = Promise.allSettled(calls);
    const streamed: unknown[] = [];
    const ended = new Promise<unknown>((resolve) => {
      probe.ticks().subscribe({ next: (value) => streamed.push(value), error: resolve });
    });
    await until(() => streamed.length > 0);
    await cluster.kill('n1');
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'HF_NODE_DOWN', node: 'n1', outcome: 'unknown' },
      });
    }
    expect(await ended).toMatchObject({ code: 'HF_NODE_DOWN', node: 'n1' });
    expect(await cluster.service(Probe).count({ n: 1 })).toMatchObject({ n: 1 });
    await expect(probe.count({ n: 1 })).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE', node: 'n1' });
  });

  it('run each call exactly once while links are killed again and again', async () => {
    const cluster = await startCluster({ nodes: 1, interconnect: ['ring', 'port'] });
    await cluster.deploy(module, { on: 'n0' });
    const probe = cluster.service(Probe);
    const exchange = cluster.main.exchange as MemberExchange;
    const answers: { n: number; before: number }[] = [];
    const calls = 20_000;
    let next = 0;
    const caller = async (): Promise<void> => {
      while (next < calls) {
        const n = next;
        next += 1;
        answers.push(await probe.count({ n }));
        if (n % 2500 === 0) exchange.killLink(0, n % 5000 === 0 ? 'ring' : 'port');
      }
    };
    await Promise.all(Array.from({ length: 100 }, caller));
    const seen = answers.toSorted((a, b) => a.n - b.n);
    expect(seen.every(({ n, before }, i) => n === i && before === i)).toBe(true);
    expect(seen).toHaveLength(calls);
  });

  it('time out across a partition, and answer again after it is healed', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const probe = cluster.service(Probe);
    expect(await probe.count({ n: 0 })).toEqual({ n: 0, before: 0 });
    await cluster.partition(['main'], ['n0']);
    await expect(probe.count({ n: 1 }, { timeoutMs: 40 })).rejects.toMatchObject({ code: 'HF_TIMEOUT', node: 'n0' });
    await cluster.heal();
    expect(await probe.count({ n: 2 })).toMatchObject({ n: 2 });
  });
});

describe('channels on threads', () => {
  it('bring every message once and in order, while links are killed, and end after the last', async () => {
    const cluster = await startCluster({ nodes: 1, interconnect: ['ring', 'port'] });
    await cluster.deploy(module, { on: 'n0' });
    const exchange = cluster.main.exchange as MemberExchange;
    const channel = cluster.main.connect('n0', { name: 'numbers', schema: z.object({ n: z.int() }) });
    let expected = 0;
    let wrong = 0;
    const ended = new Promise<void>((resolve, reject) => {
      channel.in$.subscribe({
        next: ({ n }) => {
          if (n !== expected) wrong += 1;
          expected += 1;
          if (n % 20_000 === 10_000) exchange.killLink(0, n % 40_000 === 10_000 ? 'ring' : 'port');
        },
        error: reject,
        complete: resolve,
      });
    });
    expect(await cluster.service(Probe).emit(100_000)).toBe(100_000);
    await ended;
    expect({ expected, wrong }).toEqual({ expected: 100_000, wrong: 0 });
  });

  it('end with HF_NODE_DOWN when the other node is killed', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const channel = cluster.main.connect('n0', { name: 'numbers', schema: z.object({ n: z.int() }) });
    const received: number[] = [];
    const ended = new Promise<unknown>((resolve) => {
      channel.in$.subscribe({ next: ({ n }) => received.push(n), error: resolve });
    });
    cluster
      .service(Probe)
      .emit(10 ** 9, { timeoutMs: 0 })
      .catch(() => {});
    await until(() => received.length > 100);
    await cluster.kill('n0');
    expect(await ended).toMatchObject({ code: 'HF_NODE_DOWN', node: 'n0' });
    await expect(channel.send({ n: 1 })).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
  });
});
