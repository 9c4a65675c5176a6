import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { firstLinkSignal, otherSignal } from '../../src/wake/doorbell.ts';
import { Waker, type WakerOwner } from '../../src/wake/waker.ts';
import type { PongSetup } from './ponging-worker.ts';

const nothing: WakerOwner = { onWake: () => {}, onPost: () => {} };

function block(): ClusterBlock {
  return ClusterBlock.create(Arena.create(8 * 1024 * 1024));
}

describe('Waker', () => {
  const open: Waker[] = [];
  const make = (shared: ClusterBlock, self: number, owner: WakerOwner = nothing): Waker => {
    const waker = new Waker(shared, self, owner);
    open.push(waker);
    return waker;
  };
  afterEach(() => {
    for (const waker of open.splice(0)) waker.close();
  });

  it('rings an armed member once, however many signal', async () => {
    const shared = block();
    const { port1, port2 } = new MessageChannel();
    let rings = 0;
    const a = make(shared, 0, { onWake: () => rings++, onPost: () => {} });
    const b = make(shared, 40);
    a.attach(40, port1);
    const bell = b.attach(0, port2);
    expect(a.arm()).toBe(true);
    for (let count = 0; count < 5; count++) bell.signal(firstLinkSignal);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rings).toBe(1);
    expect(bell.rings).toBe(1);
    expect(a.takeSignals(0, firstLinkSignal)).toBe(0);
    expect(a.takeSignals(1, firstLinkSignal)).toBe(1 << 8);
    expect(a.signalled).toBe(false);
  });

  it('does not ring a member that is awake, which sees the signal when it arms', () => {
    const shared = block();
    const { port1, port2 } = new MessageChannel();
    const a = make(shared, 0);
    a.attach(71, port1);
    const bell = make(shared, 71).attach(0, port2);
    bell.signal(firstLinkSignal);
    expect(bell.rings).toBe(0);
    expect(a.arm()).toBe(false);
    expect(a.takeSignals(2, firstLinkSignal)).toBe(1 << 7);
    expect(a.arm()).toBe(true);
  });

  it('returns from wait at once when signalled before, and after the time when not', () => {
    const shared = block();
    const { port1, port2 } = new MessageChannel();
    const a = make(shared, 0);
    a.attach(1, port1);
    const bell = make(shared, 1).attach(0, port2);
    expect(a.wait(5)).toBe(false);
    bell.signal(otherSignal);
    expect(a.wait(10_000)).toBe(true);
    expect(bell.rings).toBe(0);
    expect(a.takeSignals(0, otherSignal)).toBe(1 << 1);
  });

  it('hands over what is posted through a doorbell', async () => {
    const shared = block();
    const { port1, port2 } = new MessageChannel();
    const posted = new Promise<unknown>((resolve) => {
      make(shared, 0, { onWake: () => {}, onPost: (peer, message) => resolve({ peer, message }) }).attach(3, port1);
    });
    const bell = make(shared, 3).attach(0, port2);
    const carried = new MessageChannel();
    bell.post({ port: carried.port2 }, [carried.port2]);
    const { peer, message } = (await posted) as { peer: number; message: { port: MessagePort } };
    expect(peer).toBe(3);
    message.port.close();
    carried.port1.close();
  });

  for (const blocking of [false, true]) {
    it(`loses no wake-up in 20 000 turns with a ${blocking ? 'blocked' : 'turning'} thread`, async () => {
      const shared = block();
      const { port1, port2 } = new MessageChannel();
      const balls = new Int32Array(new SharedArrayBuffer(8));
      const done = Promise.withResolvers<void>();
      const last = 20_000;
      const a = make(shared, 0, { onWake: () => look(), onPost: () => {} });
      const bell = a.attach(1, port1);
      const workerData: PongSetup = {
        memory: shared.arena.memory,
        block: shared.extent,
        doorbell: port2,
        balls: balls.buffer as SharedArrayBuffer,
        blocking,
      };
      const worker = new Worker(new URL('./ponging-worker.ts', import.meta.url), { workerData, transferList: [port2] });
      worker.once('error', done.reject);
      function look(): void {
        do {
          a.stayAwake();
          a.takeSignals(0, firstLinkSignal);
          const ping = Atomics.load(balls, 0);
          if (Atomics.load(balls, 1) !== ping) continue;
          if (ping === last) {
            done.resolve();
            return;
          }
          Atomics.store(balls, 0, ping + 1);
          bell.signal(firstLinkSignal);
        } while (!a.arm());
      }
      look();
      await done.promise;
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      Atomics.store(balls, 0, -1);
      bell.signal(firstLinkSignal);
      await ended;
    });
  }
});
