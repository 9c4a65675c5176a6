import {
  appendBytes,
  packGeneral,
  packThrown,
  type Reader,
  readByte,
  readNumber,
  readString,
  unpackGeneral,
  unpackThrown,
  type Writer,
  writeByte,
  writeNumber,
  writeString,
} from '@holdfast/runtime/internals';
import { copyOf } from './value-bytes.ts';

/** What begins a value on the wire. Numbers, strings and constants are most of what operations take and answer. */
const tags = { undefined: 0, null: 1, false: 2, true: 3, number: 4, string: 5, general: 6, thrown: 7 } as const;
const constants = [undefined, null, false, true] as const;

/** A value that its maker might change meanwhile, as bytes; or what was thrown. */
class Packed {
  readonly tag: typeof tags.general | typeof tags.thrown;
  readonly bytes: Uint8Array;

  constructor(tag: Packed['tag'], bytes: Uint8Array) {
    this.tag = tag;
    this.bytes = bytes;
  }
}

/** A value between two who share nothing: as it is where nobody can change it, else packed. */
type Carried = Packed | number | string | boolean | null | undefined;

/** An operation on its way: its name, and what it is given. */
export class Operation {
  readonly name: string;
  readonly #argument: Carried;

  private constructor(name: string, argument: Carried) {
    this.name = name;
    this.#argument = argument;
  }

  /** @throws CodecError (HF_CODEC) when the argument cannot travel */
  static of(name: string, argument: unknown): Operation {
    return new Operation(name, carry(argument));
  }

  /** The last thing in its message. */
  static read(from: Reader): Operation {
    const name = readString(from);
    return new Operation(name, readCarried(from));
  }

  write(to: Writer): void {
    writeString(to, this.name);
    writeCarried(to, this.#argument);
  }

  /** The argument, for whoever runs the operation to keep or change. */
  get argument(): unknown {
    return open(this.#argument);
  }
}

/** What running an operation came to: what it answered, or what it threw. */
export class Outcome {
  readonly #carried: Carried;

  private constructor(carried: Carried) {
    this.#carried = carried;
  }

  /** Never throws: a result that cannot travel becomes what was thrown about it. */
  static of(result: unknown): Outcome {
    try {
      return new Outcome(carry(result));
    } catch (error) {
      return Outcome.thrown(error);
    }
  }

  static thrown(thrown: unknown): Outcome {
    return new Outcome(new Packed(tags.thrown, packThrown(thrown)));
  }

  /** The last thing in its message. */
  static read(from: Reader): Outcome {
    return new Outcome(readCarried(from));
  }

  write(to: Writer): void {
    writeCarried(to, this.#carried);
  }

  /** What the operation answered. @throws what it threw */
  take(): unknown {
    return open(this.#carried);
  }
}

function carry(value: unknown): Carried {
  if (typeof value === 'number' || typeof value === 'string' || isConstant(value)) return value;
  return new Packed(tags.general, packGeneral(value));
}

function open(carried: Carried): unknown {
  if (!(carried instanceof Packed)) return carried;
  if (carried.tag === tags.thrown) throw unpackThrown(carried.bytes);
  return unpackGeneral(carried.bytes);
}

const isConstant = (value: unknown): value is (typeof constants)[number] => constants.includes(value as undefined);

function writeCarried(to: Writer, carried: Carried): void {
  if (typeof carried === 'number') {
    writeByte(to, tags.number);
    writeNumber(to, carried);
  } else if (typeof carried === 'string') {
    writeByte(to, tags.string);
    writeString(to, carried);
  } else if (carried instanceof Packed) {
    writeByte(to, carried.tag);
    appendBytes(to, carried.bytes);
  } else {
    writeByte(to, constants.indexOf(carried));
  }
}

function readCarried(from: Reader): Carried {
  const tag = readByte(from);
  if (tag === tags.number) return readNumber(from);
  if (tag === tags.string) return readString(from);
  if (tag < constants.length) return constants[tag];
  return new Packed(tag === tags.thrown ? tag : tags.general, copyOf(from.bytes, from.at, from.end));
}
