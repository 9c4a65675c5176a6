import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainBytes } from '../../src/kernel/plain-bytes.ts';
import { deflated, fromCompact, inflatedCompact, withCompact } from '../../src/log/compact-form.ts';

const bytesOf = (value: unknown): Uint8Array => withCompact(value, (bytes) => bytes.slice());

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, false),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.bigInt({ min: 0n, max: 2n ** 64n }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('file:f', 'lock-owner:0001/o', '::', '/', 'a/b:c/', 'file'),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

it('gives back whatever plain data it was made of', () => {
  fc.assert(
    fc.property(plain, (value) => {
      expect(inflatedCompact(deflated(value))).toStrictEqual(value);
    }),
  );
});

it('takes no more bytes than counted beforehand', () => {
  fc.assert(fc.property(plain, (value) => bytesOf(value).length <= plainBytes(value)));
});

it.each(['/', ':', ':/'])('gives back names of nothing but %s', (separator) => {
  const value = [separator.repeat(1024), `open-owner:0001/${separator.repeat(200)}`];
  expect(inflatedCompact(deflated(value))).toStrictEqual(value);
});

it('names more texts and shapes than fit one byte, in one message and in the next', () => {
  const values = Array.from({ length: 300 }, (_, at) => ({ [`f${at}`]: `t${at}`, again: [`t${at}`, 'file:f'] }));
  const value = [...values, ...values];
  expect(fromCompact(bytesOf(value))).toStrictEqual(value);
  expect(fromCompact(bytesOf(value))).toStrictEqual(value);
  expect(bytesOf(value).length).toBeLessThan(20 * 600);
});

it('refuses bytes that are no value, whatever they are', () => {
  fc.assert(
    fc.property(plain, fc.nat(), fc.nat({ max: 255 }), (value, at, byte) => {
      const bytes = bytesOf(value);
      expect(() => fromCompact(bytes.subarray(0, bytes.length - 1))).toThrowError();
      bytes[at % bytes.length] = byte;
      try {
        fromCompact(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
  expect(() => fromCompact(new Uint8Array(200).map((_, at) => (at % 2 === 0 ? 6 : 1)))).toThrowError('nested too deep');
  expect(() => fromCompact(Uint8Array.of(7, 1, 18, ...Buffer.from('__proto__'), 0))).toThrowError('no field has');
});
