import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { EventPump, type PumpOwner } from '../../src/exchange/event-pump.ts';
import { blockRecordsMax, blockSliceMsMax, blockSliceMsMin } from '../../src/limits.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { firstLinkSignal } from '../../src/wake/doorbell.ts';
import { Waker } from '../../src/wake/waker.ts';

/** A waker whose sleeps end at once: it notes how long they were to be, and a script says what ended them. */
class SteeredWaker extends Waker {
  readonly slicesMs: number[] = [];
  /** What ends the next sleeps: true stands for a signal of member 0. When it is over, time does. */
  script: boolean[] = [];
  /** Whether every sleep ends with a signal. */
  busy = false;
  #signalled = false;
  override peerWords: readonly number[] = [0];

  override wait(ms: number): boolean {
    this.slicesMs.push(ms);
    this.#signalled = this.busy || (this.script.shift() ?? false);
    return this.#signalled;
  }

  override takeSignals(_word: number, kind: number): number {
    if (kind !== firstLinkSignal || !this.#signalled) return 0;
    this.#signalled = false;
    return 1;
  }
}

let pump: EventPump | undefined;
afterEach(() => pump?.close());

function blockingPump(answers: () => boolean): { waker: SteeredWaker; drained: () => number } {
  const block = ClusterBlock.create(Arena.create(4 * 1024 * 1024));
  const waker = new SteeredWaker(block, 1, { onWake: () => {}, onPost: () => {} });
  let drained = 0;
  let owed = false;
  const owner: PumpOwner = {
    paused: () => false,
    drainPeer: (_peer, _recordsMax, all) => {
      if (all) return 0;
      drained++;
      owed = true;
      return 1;
    },
    flush: () => {
      const sends = owed && answers();
      owed = false;
      return sends;
    },
    tick: () => false,
    beat: () => {},
    idleBeatMs: () => 0,
  };
  pump = new EventPump(owner, waker, true);
  return { waker, drained: () => drained };
}

it('sleeps long at once when all was answered, and shortly at first when something may wait for the event loop', async () => {
  let answers = true;
  const { waker } = blockingPump(() => answers);
  waker.script = [true, true];
  await nextTurn();
  await nextTurn();
  // Nothing had come before the first sleep, two records were answered after the next two.
  expect(waker.slicesMs.slice(0, 3)).toEqual([blockSliceMsMin, blockSliceMsMax, blockSliceMsMax]);
  answers = false;
  waker.slicesMs.length = 0;
  waker.script = [true];
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  const unanswered = waker.slicesMs.indexOf(blockSliceMsMin);
  expect(waker.slicesMs.slice(unanswered, unanswered + 6)).toEqual([1, 2, 4, 8, 16, 16]);
});

it('lets the event loop turn after a bounded number of records, however many come', async () => {
  const { waker, drained } = blockingPump(() => true);
  waker.busy = true;
  await nextTurn();
  for (let turn = 0; turn < 5; turn++) {
    const before = drained();
    await nextTurn();
    expect(drained() - before).toBeLessThanOrEqual(2 * blockRecordsMax);
  }
  expect(drained()).toBeGreaterThan(blockRecordsMax);
});
