import { expect, test } from 'vitest';
import { Turns } from '../../src/container/turns.ts';

test('a slow store is over before the erasure that was asked for after it begins; other objects do not wait', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const slow = Promise.withResolvers<void>();
  const stored = turns.after('a', async () => {
    await slow.promise;
    seen.push('stored');
  });
  const erased = turns.after('a', async () => void seen.push('erased'));
  await turns.after('b', async () => void seen.push('another'));
  slow.resolve();
  await Promise.all([stored, erased]);
  expect(seen).toEqual(['another', 'stored', 'erased']);
  expect(turns.size).toBe(0);
});

test('work that fails says so, and holds up nothing after it', async () => {
  const turns = new Turns();
  const failed = turns.after('a', () => Promise.reject(new RangeError('on purpose')));
  const next = turns.after('a', async () => undefined);
  await expect(failed).rejects.toThrow('on purpose');
  await next;
  expect(turns.size).toBe(0);
});
