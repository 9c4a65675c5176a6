import {
  appendBytes,
  packGeneral,
  packThrown,
  Reader,
  readByte,
  readNumber,
  readString,
  unpackGeneral,
  unpackThrown,
  type Writer,
  withWriter,
  writeByte,
  writeNumber,
  writeString,
} from '@holdfast/runtime/internals';
import { copyOf } from './value-bytes.ts';

/** An operation on its way: its name, and what it is given. */
export interface OperationCall {
  readonly name: string;
  readonly argument: unknown;
}

/** What running it came to: what it answered, or what it threw. */
export type OperationOutcome = { readonly result: unknown } | { readonly thrown: unknown };

/** What follows the tag. Numbers, strings and constants are most of what operations take and answer. */
const tags = { undefined: 0, null: 1, false: 2, true: 3, number: 4, string: 5, general: 6, thrown: 7 } as const;
const constants = [undefined, null, false, true] as const;

const reader = new Reader();

/** @throws CodecError (HF_CODEC) when the argument cannot travel. */
export function packOperation({ name, argument }: OperationCall): Uint8Array {
  return packed((to) => {
    writeString(to, name);
    writeAny(to, argument);
  });
}

export function unpackOperation(bytes: Uint8Array): OperationCall {
  reader.open(bytes, 0, bytes.length);
  const name = readString(reader);
  return { name, argument: readAny(reader, readByte(reader)) };
}

/** Never throws: a result that cannot travel becomes what was thrown about it. */
export function packOutcome(outcome: OperationOutcome): Uint8Array {
  if ('thrown' in outcome) return packedThrown(outcome.thrown);
  try {
    return packed((to) => writeAny(to, outcome.result));
  } catch (error) {
    return packedThrown(error);
  }
}

/** What the operation answered. @throws what it threw */
export function unpackOutcome(bytes: Uint8Array): unknown {
  reader.open(bytes, 0, bytes.length);
  const tag = readByte(reader);
  if (tag === tags.thrown) throw unpackThrown(bytes.subarray(1));
  return readAny(reader, tag);
}

function packedThrown(thrown: unknown): Uint8Array {
  return packed((to) => {
    writeByte(to, tags.thrown);
    appendBytes(to, packThrown(thrown));
  });
}

const packed = (write: (to: Writer) => void): Uint8Array =>
  withWriter(write, (bytes) => copyOf(bytes, 0, bytes.length));

function writeAny(to: Writer, value: unknown): void {
  if (typeof value === 'number') {
    writeByte(to, tags.number);
    writeNumber(to, value);
  } else if (typeof value === 'string') {
    writeByte(to, tags.string);
    writeString(to, value);
  } else if (constants.includes(value as undefined)) {
    writeByte(to, constants.indexOf(value as undefined));
  } else {
    writeByte(to, tags.general);
    appendBytes(to, packGeneral(value));
  }
}

/** The value is the last thing in its bytes. */
function readAny(from: Reader, tag: number): unknown {
  if (tag === tags.number) return readNumber(from);
  if (tag === tags.string) return readString(from);
  if (tag < constants.length) return constants[tag];
  return unpackGeneral(from.bytes.subarray(from.at, from.end));
}
