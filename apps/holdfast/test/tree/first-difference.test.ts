import { expect, test } from 'vitest';
import { firstDifference } from '../../src/tree/first-difference.ts';

async function* cut(text: string, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield Buffer.from(text.slice(at, at + length));
    at += length;
  }
  yield Buffer.from(text.slice(at));
}

test.each([
  ['', '', undefined],
  ['abcdefgh', 'abcdefgh', undefined],
  ['abcdefgh', 'abcdeXgh', 5],
  ['abcdefgh', 'abcdefg', 7],
  ['', 'a', 0],
])('%j and %j differ at %s, however they are cut', async (one, other, at) => {
  for (const cuts of [[], [1], [3, 0, 2], [0, 8], [7]]) {
    expect(await firstDifference(cut(one, cuts), cut(other, [2, 3]))).toBe(at);
    expect(await firstDifference(cut(other, []), cut(one, cuts))).toBe(at);
  }
});

test('a stream that is not read to its end is told so', async () => {
  let ended = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.from('x');
    } finally {
      ended = true;
    }
  }
  expect(await firstDifference(endless(), cut('xxy', []))).toBe(2);
  expect(ended).toBe(true);
});
