import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, type LogRecord, recordBytes, recordBytesAt } from '../../src/store/log-record.ts';

const number = fc.maxSafeNat();
const word = fc.nat({ max: 0xffffffff });
const members = fc.array(fc.nat({ max: 63 }), { maxLength: 64 });
const latin1 = fc.uint8Array({ minLength: 1, maxLength: 1024 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const records: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({ type: fc.constantFrom('forget' as const, 'drop' as const), gfid: number }),
  fc.integer({ min: 1, max: 64 }).chain((blocks) =>
    fc.record({
      type: fc.constant('run' as const),
      gfid: number,
      group: word,
      slot: fc.nat({ max: 8 }),
      blocks: fc.constant(blocks),
      address: word,
      sequence: number,
      epoch: word,
      checksums: fc
        .array(word, { minLength: blocks * 2, maxLength: blocks * 2 })
        .map((words) => Uint32Array.from(words)),
    }),
  ),
  fc.record({
    type: fc.constant('object' as const),
    gfid: number,
    key: latin1,
    bytes: number,
    geometry: fc.record({
      data: fc.integer({ min: 1, max: 8 }),
      parity: fc.constant(1 as const),
      unitBlocks: fc.integer({ min: 1, max: 64 }),
    }),
    span: members,
    absent: members,
    homes: members,
    epoch: word,
    storedAtMs: number,
    sha256: fc.option(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      { nil: undefined },
    ),
  }),
);

it('brings every record back as it was, and says how long it is', () => {
  fc.assert(
    fc.property(records, (record) => {
      const bytes = encodeRecord(record);
      expect(bytes.byteLength).toBe(recordBytes(record));
      const view = new DataView(bytes.buffer);
      expect(decodeRecord(view, 0, bytes.byteLength)).toEqual(record);
      expect(recordBytesAt(view, 0)).toBe(bytes.byteLength);
    }),
    { numRuns: 500 },
  );
});

it('reads records wherever they lie among others, and none that the end cuts off', () => {
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 5 }), fc.nat(3), (all, before) => {
      const encoded = all.map((record) => encodeRecord(record));
      const bytes = new Uint8Array(Buffer.concat([new Uint8Array(8 * before), ...encoded]));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let at = 8 * before;
      for (const [index, record] of all.entries()) {
        const next = at + (encoded[index]?.byteLength ?? 0);
        expect(decodeRecord(view, at, bytes.byteLength)).toEqual(record);
        expect(decodeRecord(view, at, next - 8)).toBeUndefined();
        at = next;
      }
    }),
    { numRuns: 200 },
  );
});

it('takes no other bytes for a record that reaches beyond its end, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, at) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (decodeRecord(view, at, bytes.byteLength) === undefined) return;
      expect(at + recordBytesAt(view, at)).toBeLessThanOrEqual(bytes.byteLength);
    }),
    { numRuns: 2000 },
  );
});
