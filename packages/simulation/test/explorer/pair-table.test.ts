import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairTable } from '../../src/explorer/pair-table.ts';

describe('PairTable', () => {
  it('is a map from pairs to numbers', () => {
    const number = fc.oneof(fc.nat(20), fc.nat(2 ** 31 - 2));
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { maxLength: 1000 }), (pairs) => {
        const table = new PairTable();
        const model = new Map<string, number>();
        for (const [at, [a, b]] of pairs.entries()) {
          const key = `${a},${b}`;
          expect(table.get(a, b)).toBe(model.get(key) ?? PairTable.absent);
          if (model.has(key)) continue;
          table.set(a, b, at);
          model.set(key, at);
        }
        for (const [key, value] of model) {
          const [a, b] = key.split(',').map(Number) as [number, number];
          expect(table.get(a, b)).toBe(value);
        }
      }),
    );
  });
});
