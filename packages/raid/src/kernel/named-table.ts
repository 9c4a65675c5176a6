import type { Decoder, Encoder } from '@holdfast/kernel';

/** A block of an object. */
export interface BlockName {
  readonly gfid: number;
  readonly lblk: number;
}

/** A parity group of an object. */
export interface GroupName {
  readonly gfid: number;
  readonly group: number;
}

export const isGroup = (a: GroupName, b: GroupName): boolean => a.gfid === b.gfid && a.group === b.group;
export const isBlock = (a: BlockName, b: BlockName): boolean => a.gfid === b.gfid && a.lblk === b.lblk;

/** What a table finds things by. */
export type NameKey = number | string;

/** A name as the key of a table, and the order of names. */
export interface Naming<Name> {
  readonly key: (name: Name) => NameKey;
  readonly compare: (a: Name, b: Name) => number;
}

const partsPerObject = 2 ** 32;
/** Objects with a number of their own: a number and a part of so many objects are together an exact number. */
const numberedObjectsMax = 2 ** 20;
const numbers = new Map<number, number>();
let last = { gfid: Number.NaN, number: 0 };

/** The short number of an object; undefined for those beyond the bound, which are found by a text. */
function numberOf(gfid: number): number | undefined {
  if (gfid === last.gfid) return last.number;
  let number = numbers.get(gfid);
  if (number === undefined) {
    if (numbers.size === numberedObjectsMax) return undefined;
    number = numbers.size;
    numbers.set(gfid, number);
  }
  last = { gfid, number };
  return number;
}

/** Numbers are made and compared several times as fast as texts of them, and each step of a kernel looks things up. */
function keyOf(gfid: number, part: number): NameKey {
  const number = part < partsPerObject ? numberOf(gfid) : undefined;
  return number === undefined ? `${gfid}.${part}` : number * partsPerObject + part;
}

export const byBlock: Naming<BlockName> = {
  key: ({ gfid, lblk }) => keyOf(gfid, lblk),
  compare: (a, b) => a.gfid - b.gfid || a.lblk - b.lblk,
};

export const byGroup: Naming<GroupName> = {
  key: ({ gfid, group }) => keyOf(gfid, group),
  compare: (a, b) => a.gfid - b.gfid || a.group - b.group,
};

/** Things of a kernel's state by their name, found at once however many there are. Walked in the order they came. */
export class NamedTable<Name, Value extends Name> implements Iterable<Value> {
  readonly #naming: Naming<Name>;
  readonly #values = new Map<NameKey, Value>();

  constructor(naming: Naming<Name>, values: Iterable<Value> = []) {
    this.#naming = naming;
    for (const value of values) this.set(value);
  }

  get size(): number {
    return this.#values.size;
  }

  get(name: Name): Value | undefined {
    return this.#values.get(this.#naming.key(name));
  }

  has(name: Name): boolean {
    return this.#values.has(this.#naming.key(name));
  }

  set(value: Value): void {
    this.#values.set(this.#naming.key(value), value);
  }

  delete(name: Name): boolean {
    return this.#values.delete(this.#naming.key(name));
  }

  [Symbol.iterator](): Iterator<Value> {
    return this.#values.values();
  }

  /** By name, so that two tables that hold the same are encoded the same. */
  encode(into: Encoder, value: (value: Value, to: Encoder) => void): void {
    into.list(
      [...this.#values.values()].sort((a, b) => this.#naming.compare(a, b)),
      value,
    );
  }

  static decode<Name, Value extends Name>(
    naming: Naming<Name>,
    from: Decoder,
    value: (from: Decoder) => Value,
  ): NamedTable<Name, Value> {
    return new NamedTable(naming, from.list(value));
  }
}
