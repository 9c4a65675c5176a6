import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../../src/index.ts';
import { ringCapBytes } from '../../src/limits.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { Broker } from '../../src/supervisor/broker.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { startCluster } from '../fixtures/open-cluster.ts';
import { Relay } from '../fixtures/relay.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);
const owner = 7;

describe('the broker', () => {
  it('wires a small cluster completely at the start', async () => {
    const cluster = await startCluster({ nodes: 3 });
    const reports = await cluster.diagnostics();
    expect(reports.map(({ name, report }) => [name, report?.sessions])).toEqual([
      ['main', 3],
      ['n0', 3],
      ['n1', 3],
      ['n2', 3],
    ]);
  });

  it('wires a pair of a large cluster when it first talks, and again after a restart', async () => {
    const cluster = await startCluster({ nodes: 8 });
    const sessions: string[] = [];
    cluster.events$.subscribe((event: ClusterEvent) => {
      if (event.type === 'session-up') sessions.push(`${event.node}-${event.peer}`);
    });
    expect((await cluster.diagnostics()).map(({ report }) => report?.sessions)).toEqual(Array(9).fill(0));
    await cluster.deploy(module, { on: ['n3', 'n5'] });
    const [n3, n5] = ['n3', 'n5'].map((node) => cluster.service(Mischief, { node }));
    expect(await n3!.count()).toBe(1);
    expect(await n5!.count()).toBe(1);
    await expect.poll(() => sessions.length).toBe(4);
    expect(sessions.sort()).toEqual(['main-n3', 'main-n5', 'n3-main', 'n5-main']);
    await cluster.kill('n5');
    await cluster.restart('n5');
    expect(await n5!.whoami()).toMatchObject({ name: 'n5', incarnation: 2 });
  });

  it('wires a pair late when its other side was away, and a call that waited for a dead one settles', async () => {
    const cluster = await startCluster({ nodes: 8 });
    await cluster.deploy(module, { on: 'n5' });
    const n5 = cluster.service(Mischief, { node: 'n5' });
    await cluster.pause('n5');
    const waiting = expect(n5.count()).rejects.toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'not-sent' });
    await cluster.kill('n5');
    await waiting;
    const connected = cluster.main.exchange.connect(5);
    await cluster.restart('n5');
    await connected;
    expect(await n5.count()).toBe(1);
  });

  it('starts 64 nodes, and wires those that talk', async () => {
    const cluster = await startCluster({ nodes: 64, bootMs: 90_000 });
    expect(cluster.members()).toHaveLength(65);
    await cluster.deploy(new URL('../fixtures/relay.ts', import.meta.url), { on: 'n0' });
    await cluster.deploy(module, { on: 'n63' });
    expect(await cluster.service(Relay).countElsewhere()).toBe(1);
    const sessions = new Map((await cluster.diagnostics()).map(({ name, report }) => [name, report?.sessions]));
    expect([sessions.get('main'), sessions.get('n0'), sessions.get('n63')]).toEqual([1, 2, 1]);
  }, 120_000);

  it('lays no more rings than the cap allows, and none twice', () => {
    const arena = Arena.create(2 * ringCapBytes);
    ClusterBlock.create(arena);
    const broker = new Broker(arena, ['ring', 'port'], owner);
    const free = arena.freeBytes;
    let withoutRing = 0;
    for (let a = 0; a < 20; a += 1) {
      for (let b = a + 1; b < 20; b += 1) {
        const ends = broker.lay(a, b);
        if (ends.a.ring === undefined) withoutRing += 1;
        for (const end of [ends.a, ends.b]) {
          expect(end.ring !== undefined || end.port !== undefined).toBe(true);
          end.port?.close();
          end.doorbell.close();
        }
      }
    }
    expect(broker.ringBytesUsed).toBeLessThanOrEqual(ringCapBytes);
    expect(withoutRing).toBeGreaterThan(0);
    for (let a = 0; a < 20; a += 1) broker.release(a, 'ended');
    expect(broker.ringBytesUsed).toBe(0);
    expect(arena.freeBytes).toBe(free);
  });

  it('does not give back the rings of a thread that would not end', () => {
    const arena = Arena.create(64 * 1024 * 1024);
    const broker = new Broker(arena, ['ring', 'port'], owner);
    const ends = broker.lay(0, 1);
    for (const end of [ends.a, ends.b]) {
      end.port?.close();
      end.doorbell.close();
    }
    const free = arena.freeBytes;
    broker.release(1, 'stuck');
    expect(arena.freeBytes).toBe(free);
    expect(broker.ringBytesUsed).toBe(0);
    arena.giveAllOf(owner);
    expect(arena.freeBytes).toBeGreaterThan(free);
  });
});
