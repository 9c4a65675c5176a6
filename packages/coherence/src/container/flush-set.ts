import { flushesUnderWayMax } from '../limits.ts';

/** Give up objects, some at a time. Answers those that nobody took. */
export async function flushEach<Key>(keys: readonly Key[], flush: (key: Key) => Promise<boolean>): Promise<Key[]> {
  const left = keys.values();
  const kept: Key[] = [];
  // All take from the same iterator, so that each key is flushed once.
  const flushNext = async (): Promise<void> => {
    for (const key of left) if (!(await flush(key))) kept.push(key);
  };
  await Promise.all(Array.from({ length: Math.min(flushesUnderWayMax, keys.length) }, flushNext));
  return kept;
}
