import { UnknownOperationError } from '@holdfast/coherence';
import { expect, test } from 'vitest';
import { packOperation, packOutcome, unpackOperation, unpackOutcome } from '../../src/container/operation-form.ts';

const values = [
  undefined,
  null,
  false,
  true,
  0,
  -0,
  1.5,
  -7,
  2 ** 40,
  Number.NaN,
  '',
  'text',
  '\ud800 alone',
  'long '.repeat(200),
  [1, 'a', null],
  { a: { b: [new Date(5)] } },
  new Map([[1, new Set([2])]]),
  Uint8Array.of(1, 2, 3),
  10n,
];

test.each(values.map((value) => [String(value).slice(0, 20), value]))(
  '%s arrives as argument and result',
  (_, value) => {
    expect(unpackOperation(packOperation({ name: 'do it', argument: value }))).toEqual({
      name: 'do it',
      argument: value,
    });
    expect(unpackOutcome(packOutcome({ result: value }))).toEqual(value);
  },
);

test('what an operation throws is thrown where it was asked for, and so is what cannot travel', () => {
  const thrown = packOutcome({ thrown: new UnknownOperationError('c', 'o') });
  expect(() => unpackOutcome(thrown)).toThrow(expect.objectContaining({ code: 'HF_UNKNOWN_OPERATION' }));
  const unsendable = packOutcome({ result: () => 1 });
  expect(() => unpackOutcome(unsendable)).toThrow(expect.objectContaining({ code: 'HF_CODEC' }));
  expect(() => packOperation({ name: 'o', argument: () => 1 })).toThrow(expect.objectContaining({ code: 'HF_CODEC' }));
});
