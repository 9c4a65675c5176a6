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
import { absenceModes, noPayload, type ObjectMessage } from '../kernel/object-types.ts';

type MessageType = ObjectMessage['type'];
/** What the sender keeps for itself is not sent. */
type FieldOf<Message> = Message extends ObjectMessage ? Exclude<keyof Message, 'type' | 'kept'> : never;
type Field = FieldOf<ObjectMessage>;

/** How a field lies in a message. The bytes of a payload are what is left of it, so a payload is the last field. */
type FieldForm = 'number' | 'flag' | 'nodes' | 'absence' | 'kind' | 'payload';

const forms: Readonly<Record<Field, FieldForm>> = {
  absence: 'absence',
  awaited: 'nodes',
  busy: 'flag',
  call: 'number',
  copyset: 'nodes',
  forwards: 'number',
  held: 'number',
  home: 'flag',
  incarnation: 'number',
  kind: 'kind',
  lost: 'flag',
  ok: 'flag',
  owner: 'number',
  payload: 'payload',
  removed: 'flag',
  request: 'number',
  requester: 'number',
  rmset: 'nodes',
  try: 'flag',
  version: 'number',
  writer: 'number',
};

/** The fields of each message in the order they travel in. The place of a type is its number on the wire. */
const layouts: {
  readonly [Type in MessageType]: readonly FieldOf<Extract<ObjectMessage, { type: Type }>>[];
} = {
  COPY_REQ: ['kind', 'absence', 'try', 'requester', 'request', 'held', 'forwards'],
  RM_REQ: ['requester', 'request', 'forwards'],
  COPY: ['version', 'incarnation', 'request', 'payload'],
  GRANT: ['version', 'incarnation', 'request', 'awaited', 'rmset', 'payload'],
  ABSENT_OWNERSHIP: ['version', 'incarnation', 'request', 'rmset', 'lost'],
  ABSENT: ['request', 'lost'],
  BUSY: ['request'],
  INV: ['version', 'writer'],
  IACK: [],
  RM: ['version', 'owner'],
  RM_ACK: ['busy'],
  RM_ACK2: ['version', 'incarnation'],
  RM_DONE: ['version', 'incarnation', 'request', 'removed', 'owner', 'home'],
  OWN: ['version', 'incarnation', 'copyset', 'rmset', 'payload'],
  OWN_ACK: [],
  OWN_NACK: [],
  SYNC: ['call', 'version', 'payload'],
  SYNCED: ['call', 'ok'],
};

export const messageTypes = Object.keys(layouts) as readonly MessageType[];
const numbers = new Map(messageTypes.map((type, number) => [type, number]));
const kinds = ['read', 'write'] as const;

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

/** A message as it came in: its payload, if it has one, is `handle` and stands for `bytes`. */
export interface ArrivedMessage {
  readonly message: ObjectMessage;
  readonly bytes: Uint8Array | undefined;
}

/** @throws CodecError, HoldfastError (HF_CODEC) for what is no message. */
export function readMessage(from: Reader, handle: number): ArrivedMessage {
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
      message[field] = handle;
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
  }
}

function fail(): never {
  throw malformed();
}

function malformed(): HoldfastError {
  return new HoldfastError('HF_CODEC', 'A message about an object is not one.', {
    hint: 'Run the same release on every member.',
  });
}
