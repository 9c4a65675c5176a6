import { ConfigError } from '../errors.ts';
import {
  coordKeyBytesMax,
  coordLeaseMsMax,
  coordLeaseMsMin,
  coordTransactionOpsMax,
  coordValueBytesMax,
} from '../limits.ts';
import type { KeyRange, Transaction } from './types.ts';

/** Refuses what no form of the store accepts, so that all forms refuse the same. */

export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > 0 && bytes <= coordKeyBytesMax && key.isWellFormed()) return;
  throw new ConfigError(
    `A key of the coordination store has 1 to ${coordKeyBytesMax} bytes of text; this one ${bytes}.`,
    {
      hint: 'Choose another key.',
    },
  );
}

export function checkRange(range: KeyRange): void {
  const bounds = 'prefix' in range ? [range.prefix] : [range.from, range.to];
  for (const bound of bounds) if (bound !== '') checkKey(bound);
}

function checkValue(value: Uint8Array): void {
  if (value.byteLength <= coordValueBytesMax) return;
  throw new ConfigError(
    `A value of the coordination store has at most ${coordValueBytesMax} bytes, not ${value.byteLength}.`,
    {
      hint: 'Keep the data elsewhere and store where it is.',
    },
  );
}

export function checkTransaction({ when, write }: Transaction): void {
  const ops = when.length + write.length;
  if (ops > coordTransactionOpsMax) {
    throw new ConfigError(
      `A transaction has at most ${coordTransactionOpsMax} comparisons and operations, not ${ops}.`,
      {
        hint: 'Split it.',
      },
    );
  }
  for (const comparison of when) checkKey(comparison.key);
  const written = new Set<string>();
  for (const operation of write) {
    const key = 'put' in operation ? operation.put : operation.delete;
    checkKey(key);
    if ('put' in operation) checkValue(operation.value);
    if (written.has(key)) {
      throw new ConfigError(`A transaction writes ${JSON.stringify(key)} twice.`, { hint: 'Write it once.' });
    }
    written.add(key);
  }
}

export function checkLeaseTtl(ttlMs: number): void {
  if (Number.isInteger(ttlMs) && ttlMs >= coordLeaseMsMin && ttlMs <= coordLeaseMsMax) return;
  throw new ConfigError(`A lease lives ${coordLeaseMsMin} to ${coordLeaseMsMax} ms, a whole number; not ${ttlMs}.`, {
    hint: 'Choose a time to live in that range.',
  });
}
