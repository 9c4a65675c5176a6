import { beforeEach, expect, it, vi } from 'vitest';
import { BatchGathering } from '../../src/head/batch-gathering.ts';

const tookMs = 8;
let closed: number[];
let gathering: BatchGathering;

/** A batch of `answered` was written and answered while `waiting` came. */
function batch(answered: number, waiting: number): void {
  gathering.writes();
  vi.advanceTimersByTime(tookMs);
  gathering.begin({ type: 'gather', epoch: 3, answered }, waiting);
}

beforeEach(() => {
  vi.useFakeTimers();
  closed = [];
  gathering = new BatchGathering((epoch) => closed.push(epoch));
  return () => vi.useRealTimers();
});

it('closes a batch as soon as everybody who was answered asked again', () => {
  batch(30, 34);
  gathering.look(63);
  expect(closed).toEqual([]);
  gathering.look(64);
  expect(closed).toEqual([3]);
  vi.advanceTimersByTime(100);
  gathering.look(65);
  expect(closed).toEqual([3]);
});

it('does not wait longer than the last batch took, and hopes for less after that', () => {
  batch(2, 2);
  vi.advanceTimersByTime(tookMs - 1);
  expect(closed).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(closed).toEqual([3]);
  batch(2, 2);
  vi.advanceTimersByTime(0);
  expect(closed).toEqual([3, 3]);
});

it('takes what else a turn of the loop brings', () => {
  batch(32, 32);
  vi.advanceTimersByTime(tookMs);
  batch(32, 32);
  gathering.look(40);
  gathering.look(63);
  vi.advanceTimersToNextTimer();
  expect(closed).toEqual([3]);
  vi.advanceTimersToNextTimer();
  expect(closed).toEqual([3, 3]);
  // Nearly all came: so they are waited for the next time.
  batch(63, 1);
  gathering.look(50);
  vi.advanceTimersByTime(1);
  expect(closed).toEqual([3, 3]);
  gathering.look(63);
  vi.advanceTimersByTime(1);
  expect(closed).toEqual([3, 3, 3]);
});

it('hopes for more again, little by little', () => {
  batch(2, 2);
  vi.advanceTimersByTime(tookMs);
  let waits = 0;
  for (let nth = 0; nth < 10; nth++) {
    batch(2, 2);
    vi.advanceTimersByTime(0);
    if (closed.length < nth + 2) waits++;
    vi.advanceTimersByTime(tookMs);
  }
  expect(waits).toBeGreaterThan(0);
  expect(waits).toBeLessThan(5);
});

it('lets whoever is alone be written at once', () => {
  batch(1, 0);
  gathering.look(1);
  expect(closed).toEqual([3]);
});

it('forgets a batch that is given up', () => {
  batch(4, 0);
  gathering.end();
  vi.advanceTimersByTime(100);
  gathering.look(4);
  expect(closed).toEqual([]);
});
