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

/** A name as the key of a table, and the order of names. */
export interface Naming<Name> {
  readonly key: (name: Name) => string;
  readonly compare: (a: Name, b: Name) => number;
}

export const byBlock: Naming<BlockName> = {
  key: ({ gfid, lblk }) => `${gfid}.${lblk}`,
  compare: (a, b) => a.gfid - b.gfid || a.lblk - b.lblk,
};

export const byGroup: Naming<GroupName> = {
  key: ({ gfid, group }) => `${gfid}.${group}`,
  compare: (a, b) => a.gfid - b.gfid || a.group - b.group,
};

/** Things of a kernel's state by their name, found at once however many there are. Walked in the order they came. */
export class NamedTable<Name, Value extends Name> implements Iterable<Value> {
  readonly #naming: Naming<Name>;
  readonly #values = new Map<string, Value>();

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
