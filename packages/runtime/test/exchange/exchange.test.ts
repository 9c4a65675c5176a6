import { afterEach, describe, expect, it } from 'vitest';
import { ConsumerThrewError, FrameTooLargeError } from '../../src/exchange/errors.ts';
import { frameBytesMax } from '../../src/limits.ts';
import { Neighbours, nextLoss, sendText, texts, until } from './exchange-pair.ts';

describe('Exchange', () => {
  let hood: Neighbours;
  afterEach(() => hood.close());

  it('opens a session between two members and carries frames both ways, in order, by port', async () => {
    const { a, b, ...rest } = await Neighbours.pair();
    hood = rest.hood;
    const [one, two, back] = [texts(b, 1), texts(b, 2), texts(a, 1)];
    for (let count = 0; count < 100; count++) {
      expect(sendText(a, 1, 1 + (count % 2), `frame ${count}`)).toBe(true);
      expect(sendText(b, 0, 1, `answer ${count}`)).toBe(true);
    }
    await until(() => one.length === 50 && two.length === 50 && back.length === 100);
    expect(one).toEqual(Array.from({ length: 50 }, (_, index) => `frame ${2 * index}`));
    expect(two).toEqual(Array.from({ length: 50 }, (_, index) => `frame ${2 * index + 1}`));
    expect(back).toEqual(Array.from({ length: 100 }, (_, index) => `answer ${index}`));
    expect(hood.errors).toEqual([]);
  });
});
