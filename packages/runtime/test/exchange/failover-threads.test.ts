import { afterEach, describe, expect, it } from 'vitest';
import { type LinkFactory, standardLinks } from '../../src/exchange/standard-links.ts';
import { FaultLink, noFaults } from '../interconnect/fault-link.ts';
import { EchoThread } from './echo-thread.ts';
import { echoWords } from './echo-worker.ts';

describe('a session between real threads', () => {
  let thread: EchoThread;
  afterEach(() => thread.close());

  const links = (): string[] => thread.exchange.diagnostics()[0]?.links.map((link) => link.state) ?? [];

  for (const loop of ['event', 'blocking'] as const) {
    it(`loses, doubles and reorders nothing in 10^6 frames while one of two links is killed again and again (${loop})`, {
      timeout: 120_000,
    }, async () => {
      thread = await EchoThread.start(loop);
      let kills = 0;
      while (thread.sent < 1_000_000 || kills < 30) {
        thread.send(thread.sent < 1_000_000 ? 4096 : 64);
        if (links().every((state) => state === 'up')) {
          kills++;
          // In turn: the port is closed, the ring's generation replaced; by this side, by the other.
          if (kills % 4 < 2) thread.exchange.killLink(1, kills % 2 === 0 ? 'ring' : 'port');
          else thread.set(echoWords.kill, 1 + (kills % 2));
        }
        await new Promise((resolve) => setImmediate(resolve));
        if (thread.errors.length > 0) throw thread.errors[0];
      }
      await thread.settle();
      expect([thread.wrong, thread.received, thread.echoes]).toEqual([0, thread.sent, Math.ceil(thread.sent / 64)]);
      expect(thread.exchange.diagnostics()[0]?.failovers).toBeGreaterThan(3);
    });
  }

  it('fences nobody while a peer blocks its event loop for 5 s', async () => {
    thread = await EchoThread.start();
    thread.set(echoWords.block, 5000);
    thread.send(1);
    const startMs = performance.now();
    await thread.until(() => {
      if (thread.sent < 20_000) thread.send(64);
      return performance.now() - startMs > 4500;
    });
    expect(thread.received).toBeLessThan(1);
    expect(links()).toEqual(['up', 'up']);
    await thread.settle();
    expect(thread.wrong).toBe(0);
    expect(thread.exchange.diagnostics()[0]).toMatchObject({ failovers: 0, ready: true });
  });

  it('hears nothing of the record that a producer was frozen in when its link failed over', async () => {
    thread = await EchoThread.start();
    for (let round = 0; round < 5; round++) {
      thread.set(echoWords.freeze, 1);
      await thread.until(() => {
        thread.send(64);
        return Atomics.load(thread.control, echoWords.frozen) === 1;
      });
      thread.exchange.killLink(1, 'ring');
      thread.send(1000);
      // The ring cannot come back before its producer says that it stopped.
      const beats = thread.block.heartbeat(0);
      await thread.until(() => thread.block.heartbeat(0) - beats > 6);
      expect(links()[0]).not.toBe('up');
      thread.set(echoWords.freeze, 0);
      await thread.settle();
      await thread.until(() => links().every((state) => state === 'up'));
    }
    expect(thread.wrong).toBe(0);
  });

  it('finds a link that is dead one way by itself, and moves on', async () => {
    const faults = noFaults();
    const makeLink: LinkFactory = (driver, ...rest) => {
      const link = standardLinks(driver, ...rest);
      return driver === 'ring' && link !== undefined ? new FaultLink(link, faults, Math.random) : link;
    };
    thread = await EchoThread.start('event', makeLink);
    thread.send(1000);
    await thread.settle();
    faults.halfOpen = true;
    thread.send(1000);
    await thread.settle();
    expect(thread.wrong).toBe(0);
    expect(links()[1]).toBe('up');
    faults.halfOpen = false;
    await thread.until(() => links()[0] === 'up');
    thread.send(1000);
    await thread.settle();
    expect(thread.wrong).toBe(0);
  });
});
