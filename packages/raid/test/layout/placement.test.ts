import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataCandidates, metadataHomes, objectSpan } from '../../src/layout/placement.ts';
import { byWeight, keyNumber } from '../../src/layout/rendezvous.ts';

const members = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('weights', () => {
  it('order every member once and do not depend on the order of the list', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 48), fc.shuffledSubarray(members(64), { minLength: 1 }), (thing, list) => {
        const ordered = byWeight(thing, list);
        expect([...ordered].sort((a, b) => a - b)).toEqual([...list].sort((a, b) => a - b));
        expect(byWeight(thing, [...list].reverse())).toEqual(ordered);
      }),
    );
  });

  it('put each member first about equally often, for serial numbers and for keys', () => {
    const things = [
      (index: number) => 2 ** 32 * 3 + index,
      (index: number) => keyNumber(new TextEncoder().encode(`src/file-${index}.ts`)),
    ];
    for (const thing of things) {
      const firsts = new Array<number>(5).fill(0);
      for (let index = 0; index < 10_000; index++) firsts[byWeight(thing(index), members(5))[0]!]! += 1;
      for (const count of firsts) expect(Math.abs(count - 2000)).toBeLessThan(200);
    }
  });

  it('move only what a member that leaves had', () => {
    for (let thing = 0; thing < 500; thing++) {
      const before = byWeight(thing, members(6));
      expect(byWeight(thing, [0, 1, 2, 4, 5])).toEqual(before.filter((member) => member !== 3));
    }
  });
});

describe('the span of an object', () => {
  it('avoids members that are down while enough others live', () => {
    const span = objectSpan(5, members(6), new Set([0, 1, 3, 4, 5]), 4);
    expect(span).toHaveLength(5);
    expect(span).not.toContain(2);
  });

  it('keeps the place of one member that is down when the others are too few, and refuses two', () => {
    expect(objectSpan(5, members(4), new Set([0, 1, 3]), 4)?.toSorted()).toEqual([0, 1, 2, 3]);
    expect(objectSpan(5, members(4), new Set([0, 3]), 4)).toBeUndefined();
  });
});

describe('the homes of metadata', () => {
  it('are two live members, and any two choices with one member down share one and lie among the candidates', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 3, max: 10 }), fc.nat(9), fc.nat(9), (key, count, a, b) => {
        const live = (down: number) => new Set(members(count).filter((member) => member !== down));
        const written = metadataHomes(key, members(count), live(a));
        const read = metadataHomes(key, members(count), live(b));
        expect(written).toHaveLength(2);
        expect(written).not.toContain(a);
        expect(read.some((member) => written.includes(member))).toBe(true);
        const candidates = metadataCandidates(key, members(count));
        for (const home of [...written, ...read]) expect(candidates).toContain(home);
      }),
    );
  });
});
