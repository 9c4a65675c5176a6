import type { Handle } from '@holdfast/kernel';
import {
  type Reader,
  readByte,
  readCount,
  readNumber,
  type Writer,
  writeByte,
  writeCount,
  writeNumber,
} from '@holdfast/runtime/internals';
import { HoldfastError } from '@holdfast/runtime/service';
import { absenceModes, type Baggage, type NodeCall, noPayload, type ObjectMessage } from '../kernel/object-types.ts';

type MessageType = ObjectMessage['type'];
/** What the sender keeps for itself is not sent. */
type FieldOf<Message> = Message extends ObjectMessage ? Exclude<keyof Message, 'type' | 'kept'> : never;
type Field = FieldOf<ObjectMessage>;

/** How a field lies in a message. The bytes of a payload are what is left of it, so a payload is the last field. */
type FieldForm = 'number' | 'flag' | 'nodes' | 'absence' | 'kind' | 'outcome' | 'baggage' | 'payload';

const forms: Readonly<Record<Field, FieldForm>> = {
  absence: 'absence',
  absent: 'flag',
  again: 'flag',
  awaited: 'nodes',
  baggage: 'baggage',
  busy: 'flag',
  call: 'number',
  copyset: 'nodes',
  exists: 'flag',
  forwards: 'number',
  held: 'number',
  home: 'flag',
  id: 'number',
  incarnation: 'number',
  kind: 'kind',
  lost: 'flag',
  ok: 'flag',
  oldest: 'number',
  operation: 'payload',
  outcome: 'outcome',
  owner: 'number',
  payload: 'payload',
  removed: 'flag',
  request: 'number',
  requester: 'number',
  result: 'payload',
  rmset: 'nodes',
  seen: 'number',
  shadowAt: 'number',
  try: 'flag',
  version: 'number',
  writer: 'number',
};

/** The fields of each message in the order they travel in. The place of a type is its number on the wire. */
const layouts: {
  readonly [Type in MessageType]: readonly FieldOf<Extract<ObjectMessage, { type: Type }>>[];
} = {
  COPY_REQ: ['kind', 'absence', 'try', 'requester', 'request', 'held', 'forwards'],
  RM_REQ: ['requester', 'request', 'call', 'oldest', 'again', 'forwards'],
  COPY: ['version', 'incarnation', 'request', 'baggage', 'payload'],
  GRANT: ['version', 'incarnation', 'request', 'awaited', 'rmset', 'shadowAt', 'baggage', 'payload'],
  ABSENT_OWNERSHIP: ['version', 'incarnation', 'request', 'rmset', 'lost', 'baggage'],
  ABSENT: ['request', 'lost'],
  BUSY: ['request'],
  INV: ['version', 'writer'],
  IACK: [],
  RM: ['version', 'owner'],
  RM_ACK: ['busy'],
  RM_ACK2: ['version', 'incarnation', 'baggage'],
  RM_DONE: ['version', 'incarnation', 'request', 'removed', 'owner', 'home', 'baggage'],
  OWN: ['version', 'incarnation', 'copyset', 'rmset', 'shadowAt', 'baggage', 'payload'],
  OWN_ACK: [],
  OWN_NACK: [],
  SYNC: ['call', 'version', 'payload'],
  SYNCED: ['call', 'ok'],
  FAILED: ['request'],
  EXEC_REQ: ['requester', 'call', 'oldest', 'absence', 'again', 'forwards', 'operation'],
  EXECUTED: ['call', 'outcome', 'result'],
  WATCH_REQ: ['requester', 'call', 'seen', 'forwards'],
  CHANGED: ['call', 'version', 'exists'],
  LOAD: ['id'],
  LOADED: ['id', 'absent', 'payload'],
  SHADOW: ['version', 'incarnation', 'baggage', 'payload'],
  SHADOW_ACK: ['version'],
};

export const messageTypes = Object.keys(layouts) as readonly MessageType[];
const numbers = new Map(messageTypes.map((type, number) => [type, number]));
const kinds = ['read', 'write'] as const;
const outcomes = ['executed', 'absent', 'lost', 'failed', 'unknown'] as const;

/** What a message carries bytes for, if for anything. */
export function payloadOf(message: ObjectMessage): Handle {
  if (message.type === 'EXEC_REQ') return message.operation;
  if (message.type === 'EXECUTED') return message.result;
  return 'payload' in message ? message.payload : noPayload;
}

/** Write a message; `bytes` is what its payload stands for. */
export function writeMessage(to: Writer, message: ObjectMessage, bytes: Uint8Array | undefined): void {
  writeByte(to, numbers.get(message.type)!);
  const fields = message as unknown as Readonly<Record<Field, unknown>>;
  for (const field of layouts[message.type] as readonly Field[]) writeField(to, forms[field], fields[field], bytes);
}

function writeField(to: Writer, form: FieldForm, value: unknown, bytes: Uint8Array | undefined): void {
  switch (form) {
    case 'number':
      writeNumber(to, value as number);
      break;
    case 'flag':
      writeByte(to, value === true ? 1 : 0);
      break;
    case 'nodes': {
      const nodes = value as readonly number[];
      writeCount(to, nodes.length);
      for (const node of nodes) writeCount(to, node);
      break;
    }
    case 'absence':
      writeByte(to, absenceModes.indexOf(value as (typeof absenceModes)[number]));
      break;
    case 'kind':
      writeByte(to, value === 'write' ? 1 : 0);
      break;
    case 'outcome':
      writeByte(to, outcomes.indexOf(value as (typeof outcomes)[number]));
      break;
    case 'baggage': {
      const { executed, watchers, migratory, onDevice } = value as Baggage;
      writeCalls(to, executed);
      writeCalls(to, watchers);
      writeByte(to, migratory ? 1 : 0);
      writeByte(to, onDevice ? 1 : 0);
      break;
    }
    case 'payload':
      if (value === noPayload) {
        writeByte(to, 0);
      } else {
        writeByte(to, 1);
        to.room(bytes!.length);
        to.bytes.set(bytes!, to.at);
        to.at += bytes!.length;
      }
      break;
  }
}

/** A message as it came in: its payload, if it has one, is a handle that stands for `bytes`. */
export interface ArrivedMessage {
  readonly message: ObjectMessage;
  readonly bytes: Uint8Array | undefined;
}

/** The handle that is to stand for the bytes of a message. */
export type HandleOf = (type: MessageType, bytes: Uint8Array) => Handle;

/** @throws CodecError, HoldfastError (HF_CODEC) for what is no message. */
export function readMessage(from: Reader, handleOf: HandleOf): ArrivedMessage {
  const type = messageTypes[readByte(from)];
  if (type === undefined) throw malformed();
  const message: Record<string, unknown> = type === 'GRANT' ? { type, kept: noPayload } : { type };
  let bytes: Uint8Array | undefined;
  for (const field of layouts[type] as readonly Field[]) {
    if (forms[field] !== 'payload') {
      message[field] = readField(from, forms[field]);
    } else if (readByte(from) === 0) {
      message[field] = noPayload;
    } else {
      bytes = from.bytes.slice(from.at, from.end);
      from.at = from.end;
      message[field] = handleOf(type, bytes);
    }
  }
  from.finish();
  return { message: message as unknown as ObjectMessage, bytes };
}

function readField(from: Reader, form: Exclude<FieldForm, 'payload'>): unknown {
  switch (form) {
    case 'number':
      return readNumber(from);
    case 'flag':
      return readByte(from) === 1;
    case 'nodes': {
      const nodes: number[] = [];
      for (let left = readCount(from); left > 0; left--) nodes.push(readCount(from));
      return nodes;
    }
    case 'absence':
      return absenceModes[readByte(from)] ?? fail();
    case 'kind':
      return kinds[readByte(from)] ?? fail();
    case 'outcome':
      return outcomes[readByte(from)] ?? fail();
    case 'baggage':
      return {
        executed: readCalls(from),
        watchers: readCalls(from),
        migratory: readByte(from) === 1,
        onDevice: readByte(from) === 1,
      };
  }
}

function writeCalls(to: Writer, calls: readonly NodeCall[]): void {
  writeCount(to, calls.length);
  for (const { node, call } of calls) {
    writeCount(to, node);
    writeNumber(to, call);
  }
}

function readCalls(from: Reader): NodeCall[] {
  const calls: NodeCall[] = [];
  for (let left = readCount(from); left > 0; left--) calls.push({ node: readCount(from), call: readNumber(from) });
  return calls;
}

function fail(): never {
  throw malformed();
}

function malformed(): HoldfastError {
  return new HoldfastError('HF_CODEC', 'A message about an object is not one.', {
    hint: 'Run the same release on every member.',
  });
}
