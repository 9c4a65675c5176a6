import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Space } from '../../src/store/space.ts';

it('hands out runs that do not touch, and finds one whenever there is one', () => {
  const step = fc.record({ take: fc.integer({ min: 1, max: 40 }), give: fc.boolean(), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const space = new Space();
      space.grow(256);
      const used = new Uint8Array(256);
      const runs: { first: number; count: number }[] = [];
      for (const { take, give, which } of steps) {
        if (give && runs.length > 0) {
          const [run] = runs.splice(which % runs.length, 1);
          space.release(run!.first, run!.count);
          used.fill(0, run!.first, run!.first + run!.count);
        } else {
          const first = space.allocate(take);
          const longest = Math.max(
            0,
            ...used
              .join('')
              .split('1')
              .map((free) => free.length),
          );
          expect(first === undefined).toBe(longest < take);
          if (first === undefined) continue;
          expect(used.subarray(first, first + take).every((bit) => bit === 0)).toBe(true);
          used.fill(1, first, first + take);
          runs.push({ first, count: take });
        }
        expect(space.used).toBe(used.reduce((sum, bit) => sum + bit, 0));
      }
    }),
  );
});

it('claims all of some blocks or none, and refuses to release what is free', () => {
  const space = new Space();
  space.grow(64);
  expect(space.claim(10, 5)).toBe(true);
  expect(space.claim(14, 2)).toBe(false);
  expect(space.claim(62, 3)).toBe(false);
  expect(space.used).toBe(5);
  expect(() => space.release(14, 2)).toThrow(RangeError);
  space.release(10, 5);
  expect(space.free).toBe(64);
});
