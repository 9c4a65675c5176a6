import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, type LogRecord, recordBytes } from '../../src/store/log-record.ts';

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
      expect(decodeRecord(bytes, 0, bytes.byteLength)).toEqual({ record, next: bytes.byteLength });
    }),
    { numRuns: 500 },
  );
});

it('takes no other bytes for a record that reaches beyond its end, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, at) => {
      const decoded = decodeRecord(bytes, at, bytes.byteLength);
      if (decoded !== undefined) expect(decoded.next).toBeLessThanOrEqual(bytes.byteLength);
    }),
    { numRuns: 2000 },
  );
});
