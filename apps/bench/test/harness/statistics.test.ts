import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, percentile } from '../../src/harness/statistics.ts';

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 });

test('the median of an odd number of values is the middle one, of an even number the mean of the middle two', () => {
  expect(median([5])).toBe(5);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('sorts by value, not by text', () => {
  expect(median([10, 9, 100])).toBe(10);
});

test('half of the values lie on either side of the median, and the order of the values does not matter', () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const middle = median(values);
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(median([...values].reverse())).toBe(middle);
    }),
  );
});

test('a percentile is a value that was seen, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.01)).toBe(7);
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 100 }), (some, percent) => {
      const value = percentile(some, percent / 100);
      expect(some.some((one) => one === value)).toBe(true);
      expect(some.filter((one) => one <= value).length).toBeGreaterThanOrEqual((percent / 100) * some.length - 1e-9);
    }),
  );
});

test('refuses to make a figure of nothing', () => {
  expect(() => median([])).toThrow(RangeError);
  expect(() => percentile([1], 0)).toThrow(RangeError);
  expect(() => percentile([1], 1.1)).toThrow(RangeError);
});

test('leaves the values as they were', () => {
  const values = [3, 1, 2];
  median(values);
  percentile(values, 0.5);
  expect(values).toEqual([3, 1, 2]);
});
