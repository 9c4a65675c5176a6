import { describe, expect, it } from 'vitest';
import { Choices, shrink } from '../../src/index.ts';

const draw = (choices: Choices, label: string, count: number) =>
  Array.from({ length: count }, () => choices.stream(label).choose(1000));

describe('Choices', () => {
  it('keeps streams apart: what one draws never changes another', () => {
    const quiet = Choices.fromSeed(42);
    const busy = Choices.fromSeed(42);
    draw(busy, 'network', 500);
    expect(draw(busy, 'disk', 20)).toEqual(draw(quiet, 'disk', 20));
    expect(draw(Choices.fromSeed(43), 'disk', 20)).not.toEqual(draw(Choices.fromSeed(42), 'disk', 20));
  });

  it('spreads its draws evenly', () => {
    const stream = Choices.fromSeed(1).stream('even');
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 100_000; index++) counts[stream.choose(10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    let hits = 0;
    for (let index = 0; index < 100_000; index++) if (stream.chance(0.03)) hits++;
    expect(Math.abs(hits - 3000)).toBeLessThan(300);
    const weighted = [0, 0, 0];
    for (let index = 0; index < 100_000; index++) weighted[stream.weighted([0.1, 0.4])]!++;
    expect(weighted.map((count) => Math.round(count / 5000))).toEqual([12, 2, 6]);
  });

  it('takes seeds beyond 32 bits in full', () => {
    const [low, high] = [5, 5 + 2 ** 40].map((seed) => draw(Choices.fromSeed(seed), 'x', 8));
    expect(low).not.toEqual(high);
  });

  it('answers 0 beyond a replayed list, and never more than a draw allows', () => {
    const stream = Choices.replaying(new Map([['x', [7, 1]]])).stream('x');
    expect([stream.choose(4), stream.chance(0.5), stream.choose(4), stream.chance(1)]).toEqual([3, true, 0, false]);
  });

  it('never answers from a list what no seed could draw: a run made smaller has the faults of its simulation only', () => {
    const stream = Choices.replaying(new Map([['x', [1, 1, 2, 3]]])).stream('x');
    expect(stream.chance(0)).toBe(false);
    const ends = [0, 0.1, 0.1];
    expect([stream.weighted(ends), stream.weighted(ends), stream.weighted(ends)]).toEqual([0, 2, 0]);
  });
});

describe('shrink', () => {
  it('finds the few choices that matter among thousands', () => {
    const noise = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 250);
    const failing = new Map([
      ['a', noise],
      ['b', [...noise]],
    ]);
    // Fails when stream a holds a 1 or more at places 1001 and 2003, and stream b sums to at least 9.
    const fails = (lists: ReadonlyMap<string, readonly number[]>) => {
      const [a, b] = [lists.get('a') ?? [], lists.get('b') ?? []];
      const sum = b.reduce((total, value) => total + value, 0);
      return (a[1001] ?? 0) > 0 && (a[2003] ?? 0) > 0 && sum >= 9 ? lists : undefined;
    };
    const { choices, after, runs } = shrink(failing, fails);
    expect(after).toBe(3);
    expect(runs).toBeLessThan(1000);
    expect(fails(choices)).toBeDefined();
  });
});
