import {
  codecOf,
  Reader,
  readByte,
  readNumber,
  readString,
  Validator,
  type Writer,
  withWriter,
  writeByte,
  writeNumber,
  writeString,
} from '@holdfast/runtime/internals';
import type { z } from 'zod';
import { KeyError } from '../errors.ts';
import { keyBytesMax } from '../limits.ts';

/**
 * A key as maps and messages have it. Strings and numbers are themselves; any other key is the bytes of its encoding, one
 * character each, behind a mark that no string of a user's keeps.
 */
export type MapKey = string | number;

const stringKey = 0;
const numberKey = 1;
/** Begins what is not a user's string as it is: `e` and an encoding follow, or `s` and a string that began with it. */
const mark = '\u0000';

/** Whether users know the key by the same name. */
export const isPlain = (key: MapKey): boolean => typeof key === 'number' || !key.startsWith(mark);

/** Keys between users, maps and messages. */
export class KeyForm<Key> {
  readonly #validator: Validator;
  readonly #schema: z.ZodType<Key>;

  constructor(schema: z.ZodType<Key>, container: string) {
    this.#schema = schema;
    this.#validator = new Validator(schema, `A key of ${container}`);
  }

  /**
   * The key in a map.
   * @throws SchemaError (HF_SCHEMA) when it is none; KeyError (HF_KEY) when it is too long or its schema changes it.
   */
  parse(key: unknown): MapKey {
    const checked = this.#validator.check(key);
    if (typeof checked === 'number' || typeof checked === 'string') {
      if (!Object.is(checked, key)) throw changed();
      if (typeof checked === 'number') return checked;
      if (checked.length > keyBytesMax) throw tooLong(checked.length);
      return checked.startsWith(mark) ? `${mark}s${checked}` : checked;
    }
    const text = this.#encode(checked);
    if (text !== this.#encode(key)) throw changed();
    return text;
  }

  /** What the user knows it as. */
  read(key: MapKey): Key {
    if (typeof key === 'number' || isPlain(key)) return key as Key;
    if (key[1] === 's') return key.slice(2) as Key;
    const bytes = Buffer.from(key.slice(2), 'latin1');
    const reader = new Reader();
    reader.open(bytes, 0, bytes.length);
    return codecOf(this.#schema, 'output').decode(reader) as Key;
  }

  #encode(key: unknown): string {
    return withWriter(
      (writer) => codecOf(this.#schema, 'output').encode(writer, key),
      (bytes) => {
        if (bytes.length > keyBytesMax) throw tooLong(bytes.length);
        return `${mark}e${Buffer.from(bytes).toString('latin1')}`;
      },
    );
  }
}

/** One order for all members: numbers before strings, these by their code units. */
export function compareKeys(a: MapKey, b: MapKey): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A key as people read it, in messages of errors. */
export function keyText(key: MapKey): string {
  return JSON.stringify(key);
}

export function writeKey(to: Writer, key: MapKey): void {
  if (typeof key === 'number') {
    writeByte(to, numberKey);
    writeNumber(to, key);
  } else {
    writeByte(to, stringKey);
    writeString(to, key);
  }
}

/** @throws CodecError for what is no key. */
export function readKey(from: Reader): MapKey {
  const tag = readByte(from);
  if (tag === numberKey) return readNumber(from);
  return readString(from);
}

function tooLong(length: number): KeyError {
  return new KeyError(`A key takes ${length} bytes; it may have ${keyBytesMax}.`, 'Use a shorter key.');
}

function changed(): KeyError {
  return new KeyError(
    'The schema of the keys changes the key.',
    'Use a schema that checks keys and leaves them alone.',
  );
}
