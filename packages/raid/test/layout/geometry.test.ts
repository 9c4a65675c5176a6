import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockCount,
  dataSlot,
  type Geometry,
  groupCount,
  groupMembers,
  groupShape,
  groupWidth,
  movesNeeded,
  type ParityCount,
  paritySlots,
  partBlocks,
  slotMember,
} from '../../src/layout/geometry.ts';

const geometries = fc.record({
  data: fc.integer({ min: 1, max: 8 }),
  parity: fc.constantFrom<ParityCount>(0, 1, 2),
  unitBlocks: fc.constantFrom(1, 2, 16, 64),
});

describe('the cut of an object', () => {
  it('covers every block once, in order, with slots no longer than the parity of their group', () => {
    fc.assert(
      fc.property(geometries, fc.integer({ min: 0, max: 4_000_000 }), (geometry, bytes) => {
        let covered = 0;
        for (let group = 0; group < groupCount(geometry, bytes); group++) {
          const shape = groupShape(geometry, bytes, group);
          let blocks = 0;
          for (let part = 0; part < geometry.data; part++) {
            expect(partBlocks(shape, part)).toBeLessThanOrEqual(shape.unitBlocks);
            blocks += partBlocks(shape, part);
          }
          expect(blocks).toBe(shape.blocks);
          expect(partBlocks(shape, 0)).toBe(shape.unitBlocks);
          expect(shape.unitBlocks).toBeLessThanOrEqual(geometry.unitBlocks);
          covered += blocks;
        }
        expect(covered).toBe(blockCount(bytes));
      }),
    );
  });

  it('costs a small object one block of data and one of parity', () => {
    const geometry: Geometry = { data: 3, parity: 1, unitBlocks: 16 };
    expect(groupCount(geometry, 0)).toBe(0);
    expect(groupShape(geometry, 1, 0)).toEqual({ blocks: 1, unitBlocks: 1 });
    expect(groupShape(geometry, 60 * 1024, 0)).toEqual({ blocks: 15, unitBlocks: 5 });
    expect(groupShape(geometry, 49 * 4096, 1)).toEqual({ blocks: 1, unitBlocks: 1 });
    expect(() => groupShape(geometry, 48 * 4096, 1)).toThrow(RangeError);
  });
});

describe('the places of a group', () => {
  it('are different members, parity included, for every span at least as long as the group', () => {
    fc.assert(
      fc.property(
        geometries,
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 20 }),
        (geometry, group, more) => {
          const width = groupWidth(geometry);
          const span = Array.from({ length: width + more }, (_, index) => index + 7);
          const slots = paritySlots(geometry, group);
          expect(slots).toHaveLength(geometry.parity);
          for (let part = 0; part < geometry.data; part++) slots.push(dataSlot(geometry, group, part));
          expect(new Set(slots).size).toBe(width);
          for (const slot of slots) expect(slot).toBeLessThan(width);
          expect(new Set(slots.map((slot) => slotMember(geometry, span, group, slot))).size).toBe(width);
        },
      ),
    );
  });

  it.each<Geometry>([
    { data: 3, parity: 1, unitBlocks: 16 },
    { data: 2, parity: 2, unitBlocks: 16 },
  ])('give every member the same share of each parity: $data+$parity', (geometry) => {
    for (let parity = 0; parity < geometry.parity; parity++) {
      const counts = new Map<number, number>();
      for (let group = 0; group < 400; group++) {
        const member = slotMember(geometry, [0, 1, 2, 3], group, paritySlots(geometry, group)[parity]!);
        counts.set(member, (counts.get(member) ?? 0) + 1);
      }
      expect([...counts.values()]).toEqual([100, 100, 100, 100]);
    }
  });

  it('of one parity are where they were before there were two', () => {
    const geometry: Geometry = { data: 3, parity: 1, unitBlocks: 16 };
    const places = Array.from({ length: 5 }, (_, group) => [
      ...paritySlots(geometry, group),
      ...[0, 1, 2].map((part) => dataSlot(geometry, group, part)),
    ]);
    expect(places).toEqual([
      [3, 0, 1, 2],
      [2, 0, 1, 3],
      [1, 0, 2, 3],
      [0, 1, 2, 3],
      [3, 0, 1, 2],
    ]);
  });

  it('refuse a span shorter than the group', () => {
    expect(() => slotMember({ data: 3, parity: 1, unitBlocks: 16 }, [0, 1, 2], 0, 1)).toThrow(RangeError);
  });
});

describe('slots that were moved', () => {
  const layouts = geometries.chain((geometry) =>
    fc.record({ more: fc.integer({ min: 0, max: 4 }), group: fc.nat(2 ** 32 - 1) }).chain(({ more, group }) => {
      const span = Array.from({ length: groupWidth(geometry) + more }, (_, index) => index + 7);
      return fc.record({
        geometry: fc.constant(geometry),
        group: fc.constant(group),
        span: fc.constant(span),
        moved: fc.shuffledSubarray(span, { maxLength: more }),
      });
    }),
  );

  it('lie on members of their own that were not lost, and each move changes only what the lost one had', () => {
    fc.assert(
      fc.property(layouts, ({ geometry, group, span, moved }) => {
        for (let count = 0; count <= moved.length; count++) {
          const members = groupMembers({ geometry, span, moved: moved.slice(0, count) }, group);
          expect(new Set(members).size).toBe(groupWidth(geometry));
          for (const member of members) {
            expect(span).toContain(member);
            expect(moved.slice(0, count)).not.toContain(member);
          }
          if (count === 0) continue;
          const before = groupMembers({ geometry, span, moved: moved.slice(0, count - 1) }, group);
          for (const [slot, member] of before.entries()) {
            if (member !== moved[count - 1]) expect(members[slot]).toBe(member);
          }
        }
      }),
    );
  });

  it('are those of members that are down or hold nothing, where enough others are left', () => {
    fc.assert(
      fc.property(layouts, fc.uniqueArray(fc.nat(30), { maxLength: 3 }), ({ geometry, span, moved, group }, down) => {
        const live = new Set(span.filter((member) => !down.includes(member)));
        const needed = movesNeeded({ geometry, span, moved }, [], live);
        const away = span.filter((member) => !live.has(member) && !moved.includes(member));
        if (away.length === 0 || span.length - moved.length - away.length < groupWidth(geometry)) {
          expect(needed).toBeUndefined();
          return;
        }
        expect(needed?.slice(0, moved.length)).toEqual(moved);
        for (const member of groupMembers({ geometry, span, moved: needed }, group)) {
          expect(live.has(member)).toBe(true);
        }
      }),
    );
  });
});
