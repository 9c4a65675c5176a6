import { expect, it } from 'vitest';
import { PartsReceived, sendInParts } from '../../src/journal/link-parts.ts';
import { linkFrameBytesMax, linkMessageBytesMax } from '../../src/limits.ts';
import { bytesOf } from '../support/objects.ts';

const framesOf = (bytes: Uint8Array): Uint8Array[] => {
  const frames: Uint8Array[] = [];
  sendInParts({ send: (frame) => frames.push(frame.slice()), close: () => undefined }, bytes);
  return frames;
};

it.each([1, linkFrameBytesMax, linkFrameBytesMax + 1, 3 * linkFrameBytesMax, 1_000_003])(
  'carries a message of %i bytes in frames that a channel takes, and the next one behind it',
  (length) => {
    const message = bytesOf(length, 1);
    message[0] = 24;
    const received = new PartsReceived();
    for (let times = 0; times < 2; times++) {
      const frames = framesOf(message);
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(linkFrameBytesMax);
      const whole = frames.map((frame) => received.take(frame));
      expect(whole.slice(0, -1).every((none) => none === undefined)).toBe(true);
      expect(Buffer.compare(whole.at(-1)!, message)).toBe(0);
    }
  },
);

it('refuses what is longer than a message may be, on both sides', () => {
  expect(() => framesOf(new Uint8Array(linkMessageBytesMax + 1))).toThrow(RangeError);
  const received = new PartsReceived();
  const part = new Uint8Array(linkFrameBytesMax);
  part[0] = 0x7f;
  const flood = () => {
    for (let bytes = 0; bytes <= linkMessageBytesMax; bytes += part.length - 2) received.take(part);
  };
  expect(flood).toThrow(RangeError);
});
