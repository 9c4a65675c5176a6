import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type AttributeBlock,
  answerOf,
  decodeAttributes,
  encodeAttributes,
  remember,
  rememberedOpsMax,
} from '../../src/file-store/attribute-block.ts';

const number = fc.integer({ min: 0, max: 2 ** 44 });
const attributes = fc.record({ sizeBytes: number, change: number, modifiedMs: number });
const owner = fc.stringMatching(/^[!-~]{1,40}$/);
const op = fc.record({
  id: fc.record({ owner, sequence: fc.integer({ min: 1, max: 2 ** 40 }) }),
  changeBefore: number,
  attributes,
});
const block: fc.Arbitrary<AttributeBlock> = fc.record({
  attributes,
  cutAtBytes: fc.option(number, { nil: undefined }),
  ops: fc.array(op, { maxLength: rememberedOpsMax }),
});

it('comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(block, (each) => {
      expect(decodeAttributes(encodeAttributes(each))).toEqual(each);
    }),
    { numRuns: 200 },
  );
});

it('names the damage of bytes that are not a block, whatever they are', () => {
  const damaged = fc.record({ each: block, at: fc.integer({ min: 0, max: 4095 }), byte: fc.integer({ max: 255 }) });
  fc.assert(
    fc.property(damaged, ({ each, at, byte }) => {
      const bytes = encodeAttributes(each);
      bytes[at] = byte;
      const found = decodeAttributes(bytes);
      expect(typeof found === 'string' || found !== undefined).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(decodeAttributes(new Uint8Array(4096))).toBeUndefined();
});

it('remembers the last operation of as many owners as fit, and forgets the one silent longest', () => {
  const some = { sizeBytes: 1, change: 1, modifiedMs: 1 };
  let ops: AttributeBlock['ops'] = [];
  for (let nth = 0; nth <= rememberedOpsMax; nth++) {
    ops = remember(ops, { id: { owner: `o${nth}`, sequence: 5 }, changeBefore: nth, attributes: some });
  }
  const kept = { attributes: some, cutAtBytes: undefined, ops };
  expect(ops.length).toBe(rememberedOpsMax);
  expect(answerOf(kept, { owner: 'o0', sequence: 5 })).toBeUndefined();
  expect(answerOf(kept, { owner: 'o1', sequence: 5 })).toMatchObject({ status: 'ok', changeBefore: 1 });
  expect(answerOf(kept, { owner: 'o1', sequence: 4 })).toEqual({ status: 'superseded' });
  expect(answerOf(kept, { owner: 'o1', sequence: 6 })).toBeUndefined();
});
