import { expect, test, vi } from 'vitest';
import { StallWatch } from '../../src/demo/stall-watch.ts';

const never = new AbortController().signal;

test('work that stands still is given up with what it was doing', async () => {
  using watch = new StallWatch(5, 'starting');
  watch.now('storing files');
  const hung = new Promise<void>(() => {});
  await expect(watch.guard(hung, never)).rejects.toMatchObject({
    code: 'HF_STALLED',
    message: expect.stringContaining('while storing files'),
  });
  expect(watch.signal.aborted).toBe(true);
});

test('work that moves is left alone, however long it takes', async () => {
  vi.useFakeTimers();
  using watch = new StallWatch(1000, 'storing');
  const work = watch.guard(new Promise<string>((resolve) => setTimeout(() => resolve('done'), 60_000)), never);
  for (let beat = 0; beat < 120; beat++) {
    watch.beat();
    vi.advanceTimersByTime(500);
  }
  vi.useRealTimers();
  expect(await work).toBe('done');
  expect(watch.signal.aborted).toBe(false);
});

test('a phase that moves no bytes is given more time', async () => {
  vi.useFakeTimers();
  using watch = new StallWatch(1000, 'starting');
  watch.now('starting the cluster', 5);
  vi.advanceTimersByTime(4900);
  expect(watch.signal.aborted).toBe(false);
  vi.advanceTimersByTime(300);
  vi.useRealTimers();
  expect(watch.signal.reason).toMatchObject({ message: expect.stringContaining('No byte moved for 5 s') });
});

test('an interrupt wins over work that goes on', async () => {
  using watch = new StallWatch(60_000, 'storing');
  const interrupt = new AbortController();
  const reason = new Error('stop');
  const work = watch.guard(new Promise<void>(() => {}), interrupt.signal);
  interrupt.abort(reason);
  await expect(work).rejects.toBe(reason);
  await expect(watch.guard(Promise.resolve(1), interrupt.signal)).rejects.toBe(reason);
});
