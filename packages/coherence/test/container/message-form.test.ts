import { noPayload, type ObjectMessage } from '@holdfast/coherence';
import { Reader, Writer } from '@holdfast/runtime/internals';
import { expect, test } from 'vitest';
import { messageTypes, readMessage, writeMessage } from '../../src/container/message-form.ts';
import { copyOf } from '../../src/container/value-bytes.ts';
import { sharedBytesMax } from '../../src/limits.ts';

const version = 2 ** 32 + 7;
const life = { version, incarnation: 3, request: 5 };
const baggage = {
  executed: [{ node: 1, call: 2 ** 33 }],
  watchers: [{ node: 64, call: 9 }],
  migratory: true,
  onDevice: false,
};
const noBaggage = { executed: [], watchers: [], migratory: false, onDevice: false };
const handle = 77;
const chase = { requester: 64, forwards: 16 };

const messages: readonly ObjectMessage[] = [
  { type: 'COPY_REQ', kind: 'write', absence: 'manual', try: true, request: 5, held: version, ...chase },
  { type: 'RM_REQ', request: 5, call: 2 ** 40, oldest: 4, again: true, ...chase },
  { type: 'COPY', ...life, baggage: noBaggage, payload: handle },
  { type: 'GRANT', ...life, awaited: [0, 2, 40], rmset: [1], shadowAt: -1, baggage, payload: handle, kept: noPayload },
  { type: 'GRANT', ...life, awaited: [], rmset: [], shadowAt: 3, baggage, payload: noPayload, kept: noPayload },
  { type: 'ABSENT_OWNERSHIP', ...life, rmset: [0, 1], lost: true, baggage: noBaggage },
  { type: 'ABSENT', request: 5, lost: false },
  { type: 'BUSY', request: 5 },
  { type: 'INV', version, writer: 2 },
  { type: 'IACK' },
  { type: 'RM', version, owner: 2 },
  { type: 'RM_ACK', busy: true },
  { type: 'RM_ACK2', version, incarnation: 3, baggage },
  { type: 'RM_DONE', ...life, removed: true, owner: 1, home: true, baggage: noBaggage },
  { type: 'OWN', version, incarnation: 3, copyset: [0, 1, 2], rmset: [], shadowAt: 0, baggage, payload: handle },
  { type: 'OWN_ACK' },
  { type: 'OWN_NACK' },
  { type: 'SYNC', call: 8, version, payload: handle },
  { type: 'SYNCED', call: 8, ok: true },
  { type: 'FAILED', request: 5 },
  { type: 'EXEC_REQ', call: 8, oldest: 7, absence: 'no-touch', again: false, operation: handle, ...chase },
  { type: 'EXECUTED', call: 8, outcome: 'unknown', result: noPayload },
  { type: 'WATCH_REQ', call: 8, seen: version, ...chase },
  { type: 'CHANGED', call: 8, version, exists: false },
  { type: 'LOAD', id: 3 },
  { type: 'LOADED', id: 3, absent: true, payload: noPayload },
  { type: 'SHADOW', version, incarnation: 3, baggage, payload: handle },
  { type: 'SHADOW_ACK', version },
];

const bytes = Uint8Array.of(9, 8, 7);

function written(message: ObjectMessage): Uint8Array {
  const writer = new Writer();
  const isCarrier = Object.values(message).includes(handle);
  writeMessage(writer, message, isCarrier ? bytes : undefined);
  return writer.written().slice();
}

function read(frame: Uint8Array): { message: ObjectMessage; payload: Uint8Array | undefined } {
  const reader = new Reader();
  reader.open(frame, 0, frame.length);
  let payload: Uint8Array | undefined;
  const message = readMessage(reader, (_type, from) => {
    payload = copyOf(from.bytes, from.at, from.end);
    return handle;
  });
  return { message, payload };
}

test('there is an example of every type', () => {
  expect(new Set(messages.map(({ type }) => type))).toEqual(new Set(messageTypes));
});

test.each(messages.map((message) => [message.type, message] as const))(
  '%s arrives as it was sent',
  (_type, message) => {
    const arrived = read(written(message));
    expect(arrived.message).toEqual(message);
    expect(arrived.payload).toEqual(Object.values(message).includes(handle) ? bytes : undefined);
  },
);

test('a message that is cut short, too long, or of no type is refused', () => {
  for (const message of messages) {
    const frame = written(message);
    const hasPayload = Object.values(message).includes(handle);
    if (!hasPayload) expect(() => read(Uint8Array.of(...frame, 0))).toThrow();
    // The end of a payload is the end of its message: where it was cut off, nobody can see.
    const fixed = hasPayload ? frame.length - bytes.length - 1 : frame.length - 1;
    for (let length = 0; length <= fixed; length++) expect(() => read(frame.slice(0, length))).toThrow();
  }
  expect(() => read(Uint8Array.of(messageTypes.length))).toThrow('is not one');
  expect(() => read(Uint8Array.of(messageTypes.indexOf('COPY_REQ'), 2))).toThrow('is not one');
});

test('short values lie side by side and do not touch each other; long ones lie alone', () => {
  const source = Uint8Array.from({ length: sharedBytesMax + 1 }, (_, index) => index);
  const lengths = [0, 1, 95, 96, 97, sharedBytesMax, sharedBytesMax + 1];
  const copies = Array.from({ length: 100 }, (_, round) => copyOf(source, 0, lengths[round % lengths.length]!));
  for (const [round, copy] of copies.entries()) {
    expect(copy).toEqual(source.slice(0, lengths[round % lengths.length]));
    copy.fill(round);
  }
  for (const [round, copy] of copies.entries()) expect(copy.every((byte) => byte === round)).toBe(true);
});
