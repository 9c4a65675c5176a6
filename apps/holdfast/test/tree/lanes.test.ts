import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inLanes } from '../../src/tree/lanes.ts';

test('no more than the given number run at once, and all of them run in order of start', async () => {
  let running = 0;
  let most = 0;
  const started: number[] = [];
  await inLanes([...Array(20).keys()], 3, async (item) => {
    started.push(item);
    most = Math.max(most, ++running);
    await turn();
    running--;
  });
  expect(most).toBe(3);
  expect(started).toEqual([...Array(20).keys()]);
});

test('a failure starts nothing new, lets the running ones end, and is thrown', async () => {
  const ended: number[] = [];
  const failure = new Error('broken');
  const work = inLanes([0, 1, 2, 3, 4, 5], 2, async (item) => {
    if (item === 1) throw failure;
    await turn();
    ended.push(item);
  });
  await expect(work).rejects.toBe(failure);
  expect(ended).toEqual([0]);
});

test('nothing to do ends at once', async () => {
  await inLanes([], 4, async () => {
    throw new Error('there is no item');
  });
});
