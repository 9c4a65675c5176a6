import { initialEntry, objectStatuses } from '@holdfast/coherence';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ObjectSlot } from '../../src/container/object-slot.ts';
import { PackedObjects } from '../../src/container/packed-objects.ts';
import { packedValueBytesMax } from '../../src/limits.ts';

function slotOf(key: number | string, version: number, bytes: Uint8Array | undefined): ObjectSlot {
  const entry = initialEntry({ self: 0, defaultOwner: 1 });
  entry.status = objectStatuses[version % objectStatuses.length]!;
  entry.version = version;
  entry.payload = bytes === undefined ? -1 : version + 1;
  entry.copyset = [0, 1, 2].slice(0, version % 4);
  const slot = new ObjectSlot(key, entry);
  slot.bytes = bytes;
  return slot;
}

test('whatever is packed and taken, in whatever order, is as it was', () => {
  const put = fc.record({
    key: fc.oneof(fc.nat(20), fc.constantFrom('a', 'b')),
    version: fc.nat({ max: 2 ** 40 }),
    bytes: fc.option(fc.uint8Array({ maxLength: packedValueBytesMax, size: 'max' }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(put, { maxLength: 200 }), (puts) => {
      const packed = new PackedObjects();
      const model = new Map<number | string, ObjectSlot>();
      const check = (key: number | string): void => {
        const taken = packed.take(key);
        const wanted = model.get(key);
        model.delete(key);
        expect(taken?.entry).toEqual(wanted?.entry);
        expect(taken?.bytes).toEqual(wanted?.bytes);
        expect(taken?.handle).toBe(wanted?.handle);
      };
      for (const { key, version, bytes } of puts) {
        check(key);
        const slot = slotOf(key, version, bytes);
        expect(packed.put(slot)).toBe(true);
        model.set(key, slot);
        expect(packed.size).toBe(model.size);
      }
      expect([...packed.statuses()].sort()).toEqual([...model.values()].map(({ entry }) => entry.status).sort());
      for (const key of [...packed.keys()]) check(key);
      expect(packed.size).toBe(0);
    }),
  );
});

test('a valid copy is looked at where it lies once, and comes back as it was', () => {
  const packed = new PackedObjects();
  const bytes = Uint8Array.of(1, 2, 3);
  for (const [key, status] of objectStatuses.entries()) {
    const slot = slotOf(key, key, bytes);
    slot.entry.status = status;
    packed.put(slot);
    const seen = packed.firstLook(key);
    const isValid = ['READ_COPY', 'READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST'].includes(status);
    expect(seen && [...seen.bytes.subarray(seen.start, seen.end)]).toEqual(isValid ? [1, 2, 3] : undefined);
    expect(packed.firstLook(key)).toBeUndefined();
    expect(packed.take(key)).toMatchObject({ entry: slot.entry, bytes });
  }
  expect(packed.firstLook('unknown')).toBeUndefined();
});

test('a value too large to be worth it is not packed', () => {
  const packed = new PackedObjects();
  expect(packed.put(slotOf('large', 1, new Uint8Array(packedValueBytesMax + 1)))).toBe(false);
  expect(packed.size).toBe(0);
});

test('a place that was given up serves the next object of its size', () => {
  const packed = new PackedObjects();
  const bytes = new Uint8Array(100);
  for (let key = 0; key < 1000; key++) packed.put(slotOf(key, 5, bytes));
  const { chunks } = packed;
  for (let round = 1; round < 20; round++) {
    for (let key = 0; key < 1000; key++) {
      expect(packed.take(1000 * (round - 1) + key)?.bytes).toEqual(bytes);
      packed.put(slotOf(1000 * round + key, 5, bytes));
    }
  }
  expect(packed.chunks).toBe(chunks);
});
