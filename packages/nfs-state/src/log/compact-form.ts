import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  Reader,
  readByte,
  readCount,
  readNumber,
  readString,
  type Writer,
  withWriter,
  writeByte,
  writeCount,
  writeNumber,
  writeString,
} from '@holdfast/runtime/internals';
import { compactCutsMax, compactDepthMax, compactShapesMax, unpackedBytesMax } from '../limits.ts';

/*
 * Plain data in few bytes: a value is a byte that says what follows. Each text, and each list of field names, is spelled out
 * once and named by its number from then on; texts like `file:f` and `anna/o` are made of their parts, which come again.
 */
const code = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  number: 4,
  bigint: 5,
  list: 6,
  shape: 7,
  knownShape: 8,
  text: 9,
  knownText: 10,
  colon: 11,
  slash: 12,
} as const;
/** From here on: shapes known by a number below 64; texts known by one below 128. */
const shapesFrom = 0x40;
const textsFrom = 0x80;

type Fields = Record<string, unknown>;

/** The field names so far lead here; with these an object may end. */
interface Shape {
  readonly longer: Map<string, Shape>;
  readonly names: readonly string[];
  /** The message in which it was spelled out last, and its number there. */
  message: number;
  number: number;
}

const shapeOf = (names: readonly string[]): Shape => ({ longer: new Map(), names, message: 0, number: 0 });

let none = shapeOf([]);
let shapes = 0;
let messages = 0;

function longerShape(shape: Shape, name: string): Shape {
  let found = shape.longer.get(name);
  if (found === undefined) {
    found = shapeOf([...shape.names, name]);
    shape.longer.set(name, found);
    shapes++;
  }
  return found;
}

class CompactWriter {
  readonly #to: Writer;
  readonly #message = ++messages;
  readonly #texts = new Map<string, number>();
  #shapes = 0;

  constructor(to: Writer) {
    this.#to = to;
  }

  write(value: unknown): void {
    const to = this.#to;
    switch (typeof value) {
      case 'string':
        this.#text(value, 0);
        break;
      case 'number':
        writeByte(to, code.number);
        writeNumber(to, value);
        break;
      case 'boolean':
        writeByte(to, value ? code.true : code.false);
        break;
      case 'bigint':
        writeByte(to, code.bigint);
        writeString(to, value.toString(16));
        break;
      case 'undefined':
        writeByte(to, code.undefined);
        break;
      default:
        if (value === null) writeByte(to, code.null);
        else if (Array.isArray(value)) this.#list(value);
        else this.#object(value as Fields);
    }
  }

  #list(values: readonly unknown[]): void {
    writeByte(this.#to, code.list);
    writeCount(this.#to, values.length);
    for (const value of values) this.write(value);
  }

  #object(fields: Fields): void {
    let shape = none;
    for (const name in fields) shape = longerShape(shape, name);
    this.#shape(shape);
    for (const name in fields) this.write(fields[name]);
  }

  #shape(shape: Shape): void {
    const to = this.#to;
    if (shape.message === this.#message) {
      if (shape.number < textsFrom - shapesFrom) {
        writeByte(to, shapesFrom + shape.number);
      } else {
        writeByte(to, code.knownShape);
        writeCount(to, shape.number);
      }
      return;
    }
    shape.message = this.#message;
    shape.number = this.#shapes++;
    writeByte(to, code.shape);
    writeCount(to, shape.names.length);
    for (const name of shape.names) writeString(to, name);
  }

  #text(text: string, cuts: number): void {
    const to = this.#to;
    const known = this.#texts.get(text);
    if (known !== undefined) {
      if (known < 0x100 - textsFrom) {
        writeByte(to, textsFrom + known);
      } else {
        writeByte(to, code.knownText);
        writeCount(to, known);
      }
      return;
    }
    const colon = cuts < compactCutsMax ? text.indexOf(':') : -1;
    const cut = colon === -1 && cuts < compactCutsMax ? text.indexOf('/') : colon;
    if (cut !== -1) {
      writeByte(to, colon === -1 ? code.slash : code.colon);
      this.#text(text.slice(0, cut), cuts + 1);
      this.#text(text.slice(cut + 1), cuts + 1);
      return;
    }
    this.#texts.set(text, this.#texts.size);
    writeByte(to, code.text);
    writeString(to, text);
  }
}

/** Lends the bytes to `use`, which copies what it keeps. */
export function withCompact<Result>(value: unknown, use: (bytes: Uint8Array) => Result): Result {
  if (shapes > compactShapesMax) {
    none = shapeOf([]);
    shapes = 0;
  }
  return withWriter((to) => new CompactWriter(to).write(value), use);
}

class CompactReader {
  readonly #from = new Reader();
  readonly #texts: string[] = [];
  readonly #shapes: string[][] = [];

  constructor(bytes: Uint8Array) {
    this.#from.open(bytes, 0, bytes.length);
  }

  all(): unknown {
    const value = this.#value(0);
    this.#from.finish();
    return value;
  }

  #value(depth: number): unknown {
    if (depth > compactDepthMax) throw new RangeError('A value is nested too deep.');
    const from = this.#from;
    const byte = readByte(from);
    if (byte >= textsFrom) return known(this.#texts, byte - textsFrom);
    if (byte >= shapesFrom) return this.#object(known(this.#shapes, byte - shapesFrom), depth);
    switch (byte) {
      case code.null:
        return null;
      case code.undefined:
        return undefined;
      case code.false:
        return false;
      case code.true:
        return true;
      case code.number:
        return readNumber(from);
      case code.bigint:
        return BigInt(`0x${readString(from)}`);
      case code.list:
        return this.#list(depth);
      case code.shape:
        return this.#object(this.#newShape(), depth);
      case code.knownShape:
        return this.#object(known(this.#shapes, readCount(from)), depth);
      default:
        return this.#text(byte, depth);
    }
  }

  #text(byte: number, depth: number): string {
    switch (byte) {
      case code.text: {
        const text = readString(this.#from);
        this.#texts.push(text);
        return text;
      }
      case code.knownText:
        return known(this.#texts, readCount(this.#from));
      case code.colon:
        return `${this.#value(depth + 1)}:${this.#value(depth + 1)}`;
      case code.slash:
        return `${this.#value(depth + 1)}/${this.#value(depth + 1)}`;
      default:
        throw new RangeError(`There is no kind ${byte} of value.`);
    }
  }

  #list(depth: number): unknown[] {
    const values: unknown[] = [];
    for (let left = readCount(this.#from); left > 0; left--) values.push(this.#value(depth + 1));
    return values;
  }

  #newShape(): string[] {
    const names: string[] = [];
    for (let left = readCount(this.#from); left > 0; left--) {
      const name = readString(this.#from);
      if (name === '__proto__') throw new RangeError('A field has a name that no field has.');
      names.push(name);
    }
    this.#shapes.push(names);
    return names;
  }

  #object(names: readonly string[], depth: number): Fields {
    const fields: Fields = {};
    for (const name of names) fields[name] = this.#value(depth + 1);
    return fields;
  }
}

function known<Thing>(things: readonly Thing[], number: number): Thing {
  const thing = things[number];
  if (thing === undefined) throw new RangeError(`Nothing has the number ${number} yet.`);
  return thing;
}

/** @throws RangeError or CodecError where the bytes are none of {@link withCompact} */
export const fromCompact = (bytes: Uint8Array): unknown => new CompactReader(bytes).all();

export const deflated = (value: unknown): Uint8Array =>
  withCompact(value, (bytes) => deflateRawSync(bytes, { level: 1 }));

/** @throws RangeError, CodecError or what zlib says, where the bytes are none of {@link deflated} */
export const inflatedCompact = (bytes: Uint8Array): unknown =>
  fromCompact(inflateRawSync(bytes, { maxOutputLength: unpackedBytesMax }));
