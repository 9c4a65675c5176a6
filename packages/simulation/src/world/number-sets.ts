import { PairTable } from '../explorer/pair-table.ts';

/** Sets of numbers, each kept once and known by a place; place 0 is the empty set. */
export class NumberSets {
  readonly #familySpan: number;
  readonly #sets: (readonly number[])[] = [[]];
  readonly #places = new Map<string, number>([['', 0]]);
  readonly #dense: boolean[] = [true];
  readonly #ranks: ReadonlyMap<number, number>[] = [new Map()];
  readonly #unions = new PairTable();
  readonly #ranksOf = new PairTable();
  readonly #rankings = new Map<string, number>();

  /** Numbers that divided by `familySpan` give the same are a family and are ranked among themselves. */
  constructor(familySpan: number) {
    this.#familySpan = familySpan;
  }

  place(numbers: Iterable<number>): number {
    const set = [...new Set(numbers)].sort((a, b) => a - b);
    const text = set.join(' ');
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.#sets.length;
      this.#places.set(text, place);
      this.#sets.push(set);
      const ranks = this.#ranked(set);
      this.#ranks.push(ranks);
      this.#dense.push(set.every((number) => ranks.get(number) === number % this.#familySpan));
    }
    return place;
  }

  set(place: number): readonly number[] {
    return this.#sets[place] as readonly number[];
  }

  union(a: number, b: number): number {
    if (a === b || b === 0) return a;
    if (a === 0) return b;
    let union = this.#unions.get(a, b);
    if (union === PairTable.absent) {
      union = this.place([...this.set(a), ...this.set(b)]);
      this.#unions.set(a, b, union);
    }
    return union;
  }

  /** Whether each number is its own rank already. */
  isDense(place: number): boolean {
    return this.#dense[place] as boolean;
  }

  /** One number for each list of ranks: of the numbers of `own` in the set `used`, which holds them all. */
  ranking(used: number, own: number): number {
    let ranking = this.#ranksOf.get(used, own);
    if (ranking === PairTable.absent) {
      const text = this.set(own)
        .map((number) => this.rank(used, number))
        .join(' ');
      ranking = this.#rankings.get(text) ?? this.#rankings.size;
      this.#rankings.set(text, ranking);
      this.#ranksOf.set(used, own, ranking);
    }
    return ranking;
  }

  /** The rank of a number among its family in the set, from 1 on; that of 0 is 0. */
  rank(place: number, number: number): number {
    return this.#ranks[place]?.get(number) ?? number;
  }

  #ranked(set: readonly number[]): ReadonlyMap<number, number> {
    const ranks = new Map<number, number>();
    let family = 0;
    let rank = 0;
    for (const number of set) {
      const own = Math.floor(number / this.#familySpan);
      if (own !== family) rank = 0;
      family = own;
      ranks.set(number, number % this.#familySpan === 0 ? 0 : ++rank);
    }
    return ranks;
  }
}
