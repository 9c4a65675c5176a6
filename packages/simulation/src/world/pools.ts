import { Decoder, Encoder } from '@holdfast/kernel';
import { StateStore } from '../explorer/state-store.ts';
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
  readonly #decoder = new Decoder(new Uint8Array(0));
  readonly #store = new StateStore();
  readonly #decoded: unknown[] = [];

  constructor(encode: (state: unknown, into: Encoder) => void, decode: (from: Decoder) => unknown) {
    this.#encode = encode;
    this.#decode = decode;
  }

  get length(): number {
    return this.#store.length;
  }

  intern(state: unknown): number {
    this.#encoder.reset();
    this.#encode(state, this.#encoder);
    return this.#store.add(this.#encoder.bytes, this.#encoder.length, 0);
  }

  /** A copy that the caller may change. */
  fresh(number: number): unknown {
    this.#store.locate(number);
    this.#decoder.reset(this.#store.page, this.#store.start, this.#store.end);
    return this.#decode(this.#decoder);
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

/** Typed arrays cannot be frozen; they are copied. */
function frozenCopy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, field]) => [key, frozenCopy(field)])));
}
