import { describe, expect, it } from 'vitest';
import { HeartbeatWatch } from '../../src/supervisor/heartbeat-watch.ts';

const lookMs = 100;
const options = { lookMs, stallMs: 500, hangMs: 2000 };

/** Look every 100 ms until `untilMs`; what was judged, with the time. */
function watchUntil(watch: HeartbeatWatch, fromMs: number, untilMs: number, beat: (nowMs: number) => number) {
  const judged: string[] = [];
  for (let now = fromMs; now <= untilMs; now += lookMs) {
    for (const { kind, silentMs } of watch.look(now, () => beat(now))) judged.push(`${now} ${kind} ${silentMs}`);
  }
  return judged;
}

describe('HeartbeatWatch', () => {
  it('says nothing of a heart that beats', () => {
    const watch = new HeartbeatWatch(options);
    watch.add(0, 0, 0);
    expect(watchUntil(watch, 100, 5000, (now) => now)).toEqual([]);
  });

  it('reports a stall once, and the recovery with its length', () => {
    const watch = new HeartbeatWatch({ ...options, hangMs: 0 });
    watch.add(0, 7, 0);
    expect(watchUntil(watch, 100, 3000, (now) => (now < 2500 ? 7 : now))).toEqual([
      '500 stalled 500',
      '2500 recovered 2500',
    ]);
  });

  it('judges a node hung only when asked to, once', () => {
    const watch = new HeartbeatWatch(options);
    watch.add(0, 7, 0);
    expect(watchUntil(watch, 100, 4000, () => 7)).toEqual(['500 stalled 500', '2000 hung 2000']);
  });

  it('judges nobody by time it was asleep itself', () => {
    const watch = new HeartbeatWatch(options);
    watch.add(0, 7, 0);
    expect(watchUntil(watch, 100, 300, () => 7)).toEqual([]);
    // Ten seconds in which it did not look: the heart may have stood still, or the machine.
    expect(watchUntil(watch, 10_300, 10_300, () => 7)).toEqual([]);
    expect(watchUntil(watch, 10_400, 10_700, () => 7)).toEqual(['10400 stalled 500']);
  });

  it('takes the wrap of the counter for a beat', () => {
    const watch = new HeartbeatWatch(options);
    watch.add(0, 2 ** 32 - 1, 0);
    expect(watchUntil(watch, 100, 400, () => 0)).toEqual([]);
  });

  it('forgets who was removed', () => {
    const watch = new HeartbeatWatch(options);
    watch.add(0, 7, 0);
    watch.remove(0);
    expect(watchUntil(watch, 100, 4000, () => 7)).toEqual([]);
  });
});
