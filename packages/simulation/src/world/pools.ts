import { Decoder, Encoder } from '@holdfast/kernel';
import { canonicalText } from './plain-data.ts';

/** Plain values, each kept once and known by a number. */
export class ValuePool {
  readonly #numbers = new Map<string, number>();
  readonly #values: unknown[] = [];

  /** The number of a value equal to `value`. The pool keeps a frozen copy: senders may reuse what they passed. */
  intern(value: unknown): number {
    const text = canonicalText(value);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#values.length;
      this.#values.push(frozenCopy(value));
      this.#numbers.set(text, number);
    }
    return number;
  }

  value(number: number): unknown {
    return this.#values[number];
  }
}

/** States with an encoding, each kept once and known by a number. */
export class StatePool {
  readonly #encode: (state: unknown, into: Encoder) => void;
  readonly #decode: (from: Decoder) => unknown;
  readonly #encoder = new Encoder();
  readonly #numbers = new Map<string, number>();
  readonly #bytes: Uint8Array[] = [];
  readonly #decoded: unknown[] = [];

  constructor(encode: (state: unknown, into: Encoder) => void, decode: (from: Decoder) => unknown) {
    this.#encode = encode;
    this.#decode = decode;
  }

  get length(): number {
    return this.#bytes.length;
  }

  intern(state: unknown): number {
    this.#encoder.reset();
    this.#encode(state, this.#encoder);
    const text = latin1(this.#encoder.bytes, this.#encoder.length);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#bytes.length;
      this.#bytes.push(this.#encoder.view().slice());
      this.#numbers.set(text, number);
    }
    return number;
  }

  /** A copy that the caller may change. */
  fresh(number: number): unknown {
    return this.#decode(new Decoder(this.#bytes[number] as Uint8Array));
  }

  /** The one copy that properties look at; nobody may change it. */
  shared(number: number): unknown {
    this.#decoded[number] ??= this.fresh(number);
    return this.#decoded[number];
  }
}

/** Short lists of numbers (queues, sets of timers), each kept once and known by a number; 0 is the empty list. */
export class ListPool {
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #lists: (readonly number[])[] = [[]];

  intern(list: readonly number[]): number {
    const text = list.join(',');
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#lists.length;
      this.#lists.push(list.slice());
      this.#numbers.set(text, number);
    }
    return number;
  }

  list(number: number): readonly number[] {
    return this.#lists[number] as readonly number[];
  }
}

function latin1(bytes: Uint8Array, length: number): string {
  let text = '';
  for (let at = 0; at < length; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

/** Typed arrays cannot be frozen; they are copied. */
function frozenCopy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, field]) => [key, frozenCopy(field)])));
}
