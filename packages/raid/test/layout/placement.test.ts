import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataCandidates, metadataHomes, metadataQuorum, objectSpan } from '../../src/layout/placement.ts';
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
    const span = objectSpan(5, members(6), new Set([0, 1, 3, 4, 5]), { data: 3, parity: 1 });
    expect(span).toHaveLength(5);
    expect(span).not.toContain(2);
  });

  it('keeps the places of as many members that are down as parity covers, and refuses more', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 48),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(0 as const, 1 as const, 2 as const),
        fc.integer({ min: 0, max: 4 }),
        fc.uniqueArray(fc.nat(13), { maxLength: 4 }),
        (gfid, data, parity, more, down) => {
          const list = members(data + parity + more);
          const live = new Set(list.filter((member) => !down.includes(member)));
          const span = objectSpan(gfid, list, live, { data, parity });
          const missing = Math.max(0, data + parity - live.size);
          if (missing > parity) {
            expect(span).toBeUndefined();
            return;
          }
          expect(span).toHaveLength(Math.max(live.size, data + parity));
          expect(new Set(span).size).toBe(span?.length);
          expect(span?.filter((member) => !live.has(member))).toHaveLength(missing);
          expect(span).toEqual(byWeight(gfid, list).filter((member) => span?.includes(member)));
        },
      ),
    );
  });
});

/** Members that are down: never more than the array can lose. */
const losses = (count: number, lossesMax: number) =>
  fc.uniqueArray(fc.nat(count - 1), { maxLength: Math.min(lossesMax, count - 1) });

describe('the homes of metadata', () => {
  const runs = fc
    .record({ count: fc.integer({ min: 2, max: 9 }), lossesMax: fc.constantFrom(1, 2), key: fc.nat(2 ** 32 - 1) })
    .chain(({ count, lossesMax, key }) =>
      fc.record({
        list: fc.constant(members(count)),
        lossesMax: fc.constant(lossesMax),
        key: fc.constant(key),
        before: losses(count, lossesMax),
        after: losses(count, lossesMax),
        silent: fc.uniqueArray(fc.nat(count - 1), { maxLength: lossesMax }),
      }),
    );

  it('are among the candidates, one more than may be lost where so many live, and any two choices share one', () => {
    fc.assert(
      fc.property(runs, ({ list, lossesMax, key, before, after }) => {
        const live = (down: readonly number[]) => new Set(list.filter((member) => !down.includes(member)));
        const written = metadataHomes(key, list, live(before), lossesMax);
        const read = metadataHomes(key, list, live(after), lossesMax);
        expect(written).toHaveLength(Math.min(lossesMax + 1, list.length - before.length));
        for (const member of before) expect(written).not.toContain(member);
        const candidates = metadataCandidates(key, list, lossesMax);
        for (const home of [...written, ...read]) expect(candidates).toContain(home);
        // With fewer homes than that, members that come back get their copies before anything is read.
        if (written.length + read.length > Math.min(2 * lossesMax + 1, list.length)) {
          expect(read.some((member) => written.includes(member))).toBe(true);
        }
      }),
    );
  });

  it('are met by any quorum of candidates that answer', () => {
    fc.assert(
      fc.property(runs, ({ list, lossesMax, key, before, silent }) => {
        const live = new Set(list.filter((member) => !before.includes(member)));
        const written = metadataHomes(key, list, live, lossesMax);
        const candidates = metadataCandidates(key, list, lossesMax);
        const heard = candidates.filter((member) => live.has(member) && !silent.includes(member));
        if (heard.length >= metadataQuorum(candidates.length, lossesMax)) {
          expect(heard.some((member) => written.includes(member))).toBe(true);
        }
      }),
    );
  });
});
