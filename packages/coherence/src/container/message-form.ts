import type { Handle } from '@holdfast/kernel';
import {
  appendBytes,
  type Reader,
  readByte,
  readNumber,
  type Writer,
  writeByte,
  writeNumber,
} from '@holdfast/runtime/internals';
import { noPayload, type ObjectMessage } from '../kernel/object-types.ts';
import {
  fail,
  readAbsence,
  readBaggage,
  readFlag,
  readKind,
  readNodes,
  readOutcome,
  readTouch,
  writeAbsence,
  writeBaggage,
  writeFlag,
  writeKind,
  writeNodes,
  writeOutcome,
} from './message-fields.ts';

type MessageType = ObjectMessage['type'];
type MessageOf<Type extends MessageType> = Extract<ObjectMessage, { type: Type }>;

/**
 * Makes a handle for the payload of a message: all that is left of it, from `from.at` to `from.end`. The memory is the
 * link's: what is kept is a copy.
 */
export type TakePayload = (type: MessageType, from: Reader) => Handle;

/** How one type of message lies on the wire. A payload is its last field, and its bytes are what is left of it. */
interface MessageForm<Message> {
  write(to: Writer, message: Message): void;
  read(from: Reader, take: TakePayload): Message;
}

/** The place of a type is its number on the wire. */
const forms: { readonly [Type in MessageType]: MessageForm<MessageOf<Type>> } = {
  COPY_REQ: {
    write(to, { kind, absence, try: tries, requester, request, held, forwards }) {
      writeKind(to, kind);
      writeAbsence(to, absence);
      writeFlag(to, tries);
      writeNumber(to, requester);
      writeNumber(to, request);
      writeNumber(to, held);
      writeNumber(to, forwards);
    },
    read: (from) => ({
      type: 'COPY_REQ',
      kind: readKind(from),
      absence: readAbsence(from),
      try: readFlag(from),
      requester: readNumber(from),
      request: readNumber(from),
      held: readNumber(from),
      forwards: readNumber(from),
    }),
  },
  RM_REQ: {
    write(to, { requester, request, call, oldest, again, forwards }) {
      writeNumber(to, requester);
      writeNumber(to, request);
      writeNumber(to, call);
      writeNumber(to, oldest);
      writeFlag(to, again);
      writeNumber(to, forwards);
    },
    read: (from) => ({
      type: 'RM_REQ',
      requester: readNumber(from),
      request: readNumber(from),
      call: readNumber(from),
      oldest: readNumber(from),
      again: readFlag(from),
      forwards: readNumber(from),
    }),
  },
  COPY: {
    write(to, { version, incarnation, request, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeNumber(to, request);
      writeBaggage(to, baggage);
    },
    read: (from, take) => ({
      type: 'COPY',
      version: readNumber(from),
      incarnation: readNumber(from),
      request: readNumber(from),
      baggage: readBaggage(from),
      payload: readPayload('COPY', from, take),
    }),
  },
  GRANT: {
    // `kept` is the sender's own.
    write(to, { version, incarnation, request, awaited, rmset, shadowAt, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeNumber(to, request);
      writeNodes(to, awaited);
      writeNodes(to, rmset);
      writeNumber(to, shadowAt);
      writeBaggage(to, baggage);
    },
    read: (from, take) => ({
      type: 'GRANT',
      version: readNumber(from),
      incarnation: readNumber(from),
      request: readNumber(from),
      awaited: readNodes(from),
      rmset: readNodes(from),
      shadowAt: readNumber(from),
      baggage: readBaggage(from),
      payload: readPayload('GRANT', from, take),
      kept: noPayload,
    }),
  },
  ABSENT_OWNERSHIP: {
    write(to, { version, incarnation, request, rmset, lost, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeNumber(to, request);
      writeNodes(to, rmset);
      writeFlag(to, lost);
      writeBaggage(to, baggage);
    },
    read: (from) => ({
      type: 'ABSENT_OWNERSHIP',
      version: readNumber(from),
      incarnation: readNumber(from),
      request: readNumber(from),
      rmset: readNodes(from),
      lost: readFlag(from),
      baggage: readBaggage(from),
    }),
  },
  ABSENT: {
    write(to, { request, lost }) {
      writeNumber(to, request);
      writeFlag(to, lost);
    },
    read: (from) => ({ type: 'ABSENT', request: readNumber(from), lost: readFlag(from) }),
  },
  BUSY: {
    write: (to, { request }) => writeNumber(to, request),
    read: (from) => ({ type: 'BUSY', request: readNumber(from) }),
  },
  INV: {
    write(to, { version, writer }) {
      writeNumber(to, version);
      writeNumber(to, writer);
    },
    read: (from) => ({ type: 'INV', version: readNumber(from), writer: readNumber(from) }),
  },
  IACK: { write: nothing, read: () => ({ type: 'IACK' }) },
  RM: {
    write(to, { version, owner }) {
      writeNumber(to, version);
      writeNumber(to, owner);
    },
    read: (from) => ({ type: 'RM', version: readNumber(from), owner: readNumber(from) }),
  },
  RM_ACK: {
    write: (to, { busy }) => writeFlag(to, busy),
    read: (from) => ({ type: 'RM_ACK', busy: readFlag(from) }),
  },
  RM_ACK2: {
    write(to, { version, incarnation, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeBaggage(to, baggage);
    },
    read: (from) => ({
      type: 'RM_ACK2',
      version: readNumber(from),
      incarnation: readNumber(from),
      baggage: readBaggage(from),
    }),
  },
  RM_DONE: {
    write(to, { version, incarnation, request, removed, owner, home, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeNumber(to, request);
      writeFlag(to, removed);
      writeNumber(to, owner);
      writeFlag(to, home);
      writeBaggage(to, baggage);
    },
    read: (from) => ({
      type: 'RM_DONE',
      version: readNumber(from),
      incarnation: readNumber(from),
      request: readNumber(from),
      removed: readFlag(from),
      owner: readNumber(from),
      home: readFlag(from),
      baggage: readBaggage(from),
    }),
  },
  OWN: {
    write(to, { version, incarnation, copyset, rmset, shadowAt, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeNodes(to, copyset);
      writeNodes(to, rmset);
      writeNumber(to, shadowAt);
      writeBaggage(to, baggage);
    },
    read: (from, take) => ({
      type: 'OWN',
      version: readNumber(from),
      incarnation: readNumber(from),
      copyset: readNodes(from),
      rmset: readNodes(from),
      shadowAt: readNumber(from),
      baggage: readBaggage(from),
      payload: readPayload('OWN', from, take),
    }),
  },
  OWN_ACK: { write: nothing, read: () => ({ type: 'OWN_ACK' }) },
  OWN_NACK: { write: nothing, read: () => ({ type: 'OWN_NACK' }) },
  SYNC: {
    write(to, { call, version }) {
      writeNumber(to, call);
      writeNumber(to, version);
    },
    read: (from, take) => ({
      type: 'SYNC',
      call: readNumber(from),
      version: readNumber(from),
      payload: readPayload('SYNC', from, take),
    }),
  },
  SYNCED: {
    write(to, { call, ok }) {
      writeNumber(to, call);
      writeFlag(to, ok);
    },
    read: (from) => ({ type: 'SYNCED', call: readNumber(from), ok: readFlag(from) }),
  },
  FAILED: {
    write: (to, { request }) => writeNumber(to, request),
    read: (from) => ({ type: 'FAILED', request: readNumber(from) }),
  },
  EXEC_REQ: {
    write(to, { requester, call, oldest, absence, again, forwards }) {
      writeNumber(to, requester);
      writeNumber(to, call);
      writeNumber(to, oldest);
      writeAbsence(to, absence);
      writeFlag(to, again);
      writeNumber(to, forwards);
    },
    read: (from, take) => ({
      type: 'EXEC_REQ',
      requester: readNumber(from),
      call: readNumber(from),
      oldest: readNumber(from),
      absence: readTouch(from),
      again: readFlag(from),
      forwards: readNumber(from),
      operation: readPayload('EXEC_REQ', from, take),
    }),
  },
  EXECUTED: {
    write(to, { call, outcome }) {
      writeNumber(to, call);
      writeOutcome(to, outcome);
    },
    read: (from, take) => ({
      type: 'EXECUTED',
      call: readNumber(from),
      outcome: readOutcome(from),
      result: readPayload('EXECUTED', from, take),
    }),
  },
  WATCH_REQ: {
    write(to, { requester, call, seen, forwards }) {
      writeNumber(to, requester);
      writeNumber(to, call);
      writeNumber(to, seen);
      writeNumber(to, forwards);
    },
    read: (from) => ({
      type: 'WATCH_REQ',
      requester: readNumber(from),
      call: readNumber(from),
      seen: readNumber(from),
      forwards: readNumber(from),
    }),
  },
  CHANGED: {
    write(to, { call, version, exists }) {
      writeNumber(to, call);
      writeNumber(to, version);
      writeFlag(to, exists);
    },
    read: (from) => ({
      type: 'CHANGED',
      call: readNumber(from),
      version: readNumber(from),
      exists: readFlag(from),
    }),
  },
  LOAD: {
    write: (to, { id }) => writeNumber(to, id),
    read: (from) => ({ type: 'LOAD', id: readNumber(from) }),
  },
  LOADED: {
    write(to, { id, absent }) {
      writeNumber(to, id);
      writeFlag(to, absent);
    },
    read: (from, take) => ({
      type: 'LOADED',
      id: readNumber(from),
      absent: readFlag(from),
      payload: readPayload('LOADED', from, take),
    }),
  },
  SHADOW: {
    write(to, { version, incarnation, baggage }) {
      writeNumber(to, version);
      writeNumber(to, incarnation);
      writeBaggage(to, baggage);
    },
    read: (from, take) => ({
      type: 'SHADOW',
      version: readNumber(from),
      incarnation: readNumber(from),
      baggage: readBaggage(from),
      payload: readPayload('SHADOW', from, take),
    }),
  },
  SHADOW_ACK: {
    write: (to, { version }) => writeNumber(to, version),
    read: (from) => ({ type: 'SHADOW_ACK', version: readNumber(from) }),
  },
};

export const messageTypes = Object.keys(forms) as readonly MessageType[];
const numbers = new Map(messageTypes.map((type, number) => [type, number]));
const byNumber = messageTypes.map((type) => forms[type] as MessageForm<ObjectMessage>);

/** What a message carries bytes for, if for anything. */
export function payloadOf(message: ObjectMessage): Handle {
  if (message.type === 'EXEC_REQ') return message.operation;
  if (message.type === 'EXECUTED') return message.result;
  return 'payload' in message ? message.payload : noPayload;
}

const carriers: ReadonlySet<MessageType> = new Set([
  'COPY',
  'GRANT',
  'OWN',
  'SYNC',
  'EXEC_REQ',
  'EXECUTED',
  'LOADED',
  'SHADOW',
]);

/** What a payload stands for: bytes, or something that writes itself. */
export type Payload = Uint8Array | { write(to: Writer): void };

/** Write a message and what its payload stands for. */
export function writeMessage(to: Writer, message: ObjectMessage, payload: Payload | undefined): void {
  const number = numbers.get(message.type)!;
  writeByte(to, number);
  byNumber[number]!.write(to, message);
  if (payload !== undefined) {
    writeByte(to, 1);
    if (payload instanceof Uint8Array) appendBytes(to, payload);
    else payload.write(to);
  } else if (carriers.has(message.type)) {
    writeByte(to, 0);
  }
}

/**
 * Read a message; its payload, if it has one, is the handle that `take` made.
 * @throws CodecError, HoldfastError (HF_CODEC) for what is no message
 */
export function readMessage(from: Reader, take: TakePayload): ObjectMessage {
  const form = byNumber[readByte(from)] ?? fail();
  const message = form.read(from, take);
  from.finish();
  return message;
}

function readPayload(type: MessageType, from: Reader, take: TakePayload): Handle {
  if (readByte(from) === 0) return noPayload;
  const handle = take(type, from);
  from.at = from.end;
  return handle;
}

function nothing(): void {
  // The type says it all.
}
