import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Numbered } from '../../src/container/numbered.ts';

test('things are found by their numbers as in a map, also those that share a place', () => {
  const number = fc.integer({ min: 1, max: 6 }).map((each) => 1 + (each % 2) + 2 ** 8 * each + 2 ** 44 * (each % 3));
  const step = fc.record({ number, what: fc.constantFrom('set', 'take', 'get') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const things = new Numbered<string>();
      const known = new Map<number, string>();
      for (const [place, { number, what }] of steps.entries()) {
        if (what === 'get') expect(things.get(number)).toBe(known.get(number));
        if (what === 'take') {
          expect(things.take(number)).toBe(known.get(number));
          known.delete(number);
        }
        if (what === 'set') {
          things.set(number, `thing ${place}`);
          known.set(number, `thing ${place}`);
        }
      }
    }),
  );
});
