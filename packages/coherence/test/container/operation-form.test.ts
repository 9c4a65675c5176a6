import { UnknownOperationError } from '@holdfast/coherence';
import { Reader, Writer } from '@holdfast/runtime/internals';
import { expect, test } from 'vitest';
import { Operation, Outcome } from '../../src/container/operation-form.ts';

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

/** What it is read as where it arrives. */
function sent<Thing>(thing: { write(to: Writer): void }, read: (from: Reader) => Thing): Thing {
  const writer = new Writer();
  thing.write(writer);
  const bytes = writer.written();
  const reader = new Reader();
  reader.open(bytes, 0, bytes.length);
  return read(reader);
}

test.each(values.map((value) => [String(value).slice(0, 20), value]))(
  '%s arrives as argument and result',
  (_, value) => {
    const operation = sent(Operation.of('do it', value), Operation.read);
    expect(operation.name).toBe('do it');
    expect(operation.argument).toEqual(value);
    expect(sent(Outcome.of(value), Outcome.read).take()).toEqual(value);
  },
);

test('what is changed after it was given, or was handed out, is changed for nobody else', () => {
  const given = { n: 1 };
  const operation = Operation.of('o', given);
  const outcome = Outcome.of(given);
  given.n = 2;
  expect(operation.argument).toEqual({ n: 1 });
  (operation.argument as { n: number }).n = 3;
  expect(operation.argument).toEqual({ n: 1 });
  expect(outcome.take()).toEqual({ n: 1 });
});

test('what an operation throws is thrown where it was asked for, and so is what cannot travel', () => {
  const thrown = sent(Outcome.thrown(new UnknownOperationError('c', 'o')), Outcome.read);
  expect(() => thrown.take()).toThrow(expect.objectContaining({ code: 'HF_UNKNOWN_OPERATION' }));
  const unsendable = Outcome.of(() => 1);
  expect(() => unsendable.take()).toThrow(expect.objectContaining({ code: 'HF_CODEC' }));
  expect(() => Operation.of('o', () => 1)).toThrow(expect.objectContaining({ code: 'HF_CODEC' }));
});
