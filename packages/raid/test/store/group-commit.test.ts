import { setImmediate as setImmediateCallback } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { gatherTurnsMax, lazyRequestsMax } from '../../src/limits.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';

/** A flush that ends when told to. */
function steeredFlush() {
  const flushes: PromiseWithResolvers<void>[] = [];
  const commit = new GroupCommit(() => {
    const flush = Promise.withResolvers<void>();
    flushes.push(flush);
    return flush.promise;
  });
  return { commit, flushes };
}

it('runs one flush at a time; who asks while it runs is served by the next one, all together', async () => {
  const { commit, flushes } = steeredFlush();
  let served = '';
  const ask = (name: string) => commit.request().then(() => (served += name));
  const first = [ask('a'), ask('b')];
  await setImmediate();
  await setImmediate();
  expect(flushes).toHaveLength(1);
  const second = [ask('c'), ask('d'), ask('e')];
  flushes[0]!.resolve();
  await Promise.all(first);
  expect(served).toBe('ab');
  await setImmediate();
  await setImmediate();
  expect(flushes).toHaveLength(2);
  flushes[1]!.resolve();
  await Promise.all(second);
  expect(served).toBe('abcde');
});

it('serves a request made by the one it just served', async () => {
  const { commit, flushes } = steeredFlush();
  const chain = commit.request().then(() => commit.request());
  await setImmediate();
  await setImmediate();
  flushes[0]!.resolve();
  await setImmediate();
  await setImmediate();
  await setImmediate();
  expect(flushes).toHaveLength(2);
  flushes[1]!.resolve();
  await chain;
});

it('tells a failure to those who waited for that flush only', async () => {
  const { commit, flushes } = steeredFlush();
  const failing = commit.request();
  const failed = expect(failing).rejects.toThrow('no');
  await setImmediate();
  await setImmediate();
  const later = commit.request();
  flushes[0]!.reject(new Error('no'));
  await failed;
  await setImmediate();
  await setImmediate();
  flushes[1]!.resolve();
  await later;
});

it('serves who is in no hurry with the flush of somebody else, and with one of its own when many wait', async () => {
  const { commit, flushes } = steeredFlush();
  let served = 0;
  const count = () => served++;
  const ask = (times: number) => Array.from({ length: times }, () => commit.request('lazy').then(count));
  const few = ask(3);
  await setImmediate();
  await setImmediate();
  expect(flushes).toHaveLength(0);
  const urgent = commit.request();
  await setImmediate();
  await setImmediate();
  flushes[0]!.resolve();
  await Promise.all([urgent, ...few]);
  expect(served).toBe(3);
  const many = ask(lazyRequestsMax);
  await setImmediate();
  await setImmediate();
  expect(flushes).toHaveLength(2);
  flushes[1]!.resolve();
  await Promise.all(many);
});

it('begins a flush when a turn brought nobody more, and after some turns at the latest', async () => {
  const { commit, flushes } = steeredFlush();
  const waiting = [commit.request()];
  // Each turn brings another one, before the turn is looked at.
  const another = () => {
    waiting.push(commit.request());
    if (flushes.length === 0) setImmediateCallback(another);
  };
  process.nextTick(another);
  while (flushes.length === 0) await setImmediate();
  expect(waiting.length).toBeGreaterThanOrEqual(gatherTurnsMax);
  expect(waiting.length).toBeLessThanOrEqual(gatherTurnsMax + 2);
  flushes[0]!.resolve();
  await waiting[0];
});

it('serves who waits for one flush in the order they came, and a flush that is wanted soon comes by itself', async () => {
  const { commit, flushes } = steeredFlush();
  const served: string[] = [];
  const failed = (error: unknown) => served.push(`failed: ${String(error)}`);
  const told = Promise.withResolvers<void>();
  commit.wait({ done: () => served.push('lazy'), failed }, 'lazy');
  commit.wait({ done: () => served.push('lazy too'), failed }, 'lazy');
  commit.wait({ done: told.resolve, failed }, 'soon');
  while (flushes.length === 0) await setImmediate();
  flushes[0]!.resolve();
  await told.promise;
  expect(served).toEqual(['lazy', 'lazy too']);
});
