import type { Decoder, Encoder } from '@holdfast/kernel';
import { applyDelta, emptyNfsState } from '../kernel/state-deltas.ts';
import { snapshotOf } from '../kernel/state-snapshot.ts';
import type { Delta, NfsState } from '../kernel/state-types.ts';

/** Plain data as a text that is equal for equal values; 64 bits are written as `#5`. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) => (typeof each === 'bigint' ? `#${each}` : each));

/** Two independent 26-bit sums of a text, as one number. */
function sumOf(text: string): number {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at++) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    other = Math.imul(other + text.charCodeAt(at), 0x85ebca6b) ^ (other >>> 13);
  }
  return (one >>> 6) * 2 ** 26 + (other >>> 6);
}

/** Things known by a number that follows from their text. */
class Numbered<Thing> {
  readonly #things = new Map<number, { readonly thing: Thing; readonly text: string }>();

  /** @throws Error when two texts have one number: rename a client of the scenario. */
  numberOf(text: string, make: () => Thing): number {
    const number = sumOf(text);
    const known = this.#things.get(number);
    if (known === undefined) this.#things.set(number, { thing: make(), text });
    else if (known.text !== text) throw new Error('two states have one number: rename a client of the scenario');
    return number;
  }

  get(number: number): Thing {
    return this.#things.get(number)!.thing;
  }
}

/** Kernels here change a state, its fields and what these list; what is listed holds nothing that changes. */
const depth = 3;

function copyOf<Value>(value: Value, deep = depth): Value {
  if (typeof value !== 'object' || value === null || deep === 0) return value;
  if (Array.isArray(value)) return value.map((each) => copyOf(each, deep - 1)) as Value;
  const copy = { ...value };
  for (const name in copy) {
    const field = copy[name];
    if (typeof field === 'object' && field !== null) copy[name] = copyOf(field, deep - 1);
  }
  return copy;
}

/**
 * Encoding of states that are plain data whose properties are always written in the same order: a number that follows from
 * the state, which is kept beside it.
 */
export function plainEncoding<State>(): {
  encode(state: State, into: Encoder): void;
  decode(from: Decoder): State;
} {
  const states = new Numbered<State>();
  return {
    encode: (state, into) => into.uint(states.numberOf(textOf(state), () => copyOf(state))),
    decode: (from) => copyOf(states.get(from.uint())),
  };
}

/**
 * States of servers known by numbers, which follow from what is in them: parts of a world hold and hand on the number. Nobody
 * changes a state that has one.
 */
class Images {
  readonly #states = new Numbered<NfsState>();
  readonly #changed = new Map<string, number>();

  numberOf(state: NfsState): number {
    const deltas = snapshotOf(state);
    return this.#states.numberOf(textOf(deltas), () => rebuilt(deltas));
  }

  stateOf(number: number): NfsState {
    return this.#states.get(number);
  }

  after(number: number, deltas: readonly Delta[]): number {
    const key = `${number} ${textOf(deltas)}`;
    let changed = this.#changed.get(key);
    if (changed === undefined) {
      changed = this.numberOf(rebuilt([...snapshotOf(this.stateOf(number)), ...deltas]));
      this.#changed.set(key, changed);
    }
    return changed;
  }
}

function rebuilt(deltas: readonly Delta[]): NfsState {
  const state = emptyNfsState();
  for (const delta of deltas) applyDelta(state, delta);
  return state;
}

export const images = new Images();
