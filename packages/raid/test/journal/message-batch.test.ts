import { expect, it } from 'vitest';
import { frameBytes, MessageBatch, messagesIn } from '../../src/journal/message-batch.ts';
import { linkFrameBytesMax } from '../../src/limits.ts';
import { bytesOf } from '../support/objects.ts';

const batchOf = (messages: readonly Uint8Array[]): Uint8Array => {
  const batch = new MessageBatch();
  for (const message of messages) batch.add(message);
  return batch.frame().slice();
};

const message = (length: number, seed: number): Uint8Array => {
  const bytes = bytesOf(length, seed);
  bytes[0] = 1;
  return bytes;
};

it('carries one message as it is', () => {
  const alone = message(90, 1);
  expect(batchOf([alone])).toEqual(alone);
  expect([...messagesIn(alone)]).toEqual([alone]);
});

it('carries several in one frame, in their order, however long they are', () => {
  const messages = [message(1, 1), message(300, 2), message(2, 3), message(70, 4), message(40_000, 5)];
  expect([...messagesIn(batchOf(messages))]).toEqual(messages);
});

it('has no room for more than a frame has', () => {
  const batch = new MessageBatch();
  expect(batch.hasRoomFor(frameBytes + 1)).toBe(false);
  expect(batch.hasRoomFor(frameBytes)).toBe(true);
  batch.add(message(frameBytes, 1));
  expect(batch.hasRoomFor(1)).toBe(false);
  batch.clear();
  while (batch.hasRoomFor(1000)) batch.add(message(1000, 2));
  expect(batch.frame().length).toBeLessThanOrEqual(linkFrameBytesMax);
});

it('refuses a frame that is cut off at any place behind its first message', () => {
  const frame = batchOf([message(20, 1), message(30, 2)]);
  for (let length = 2; length < frame.length; length++) {
    const read = () => [...messagesIn(frame.subarray(0, length))];
    if (length === 23) expect(read()).toHaveLength(1);
    else expect(read, `${length}`).toThrow(RangeError);
  }
});
