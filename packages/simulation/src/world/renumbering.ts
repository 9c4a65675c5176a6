import { PairTable } from '../explorer/pair-table.ts';
import type { Renumbering, ValuePlace } from './spec.ts';
import type { WorldVector } from './vector-machine.ts';
import type { WorldStore } from './world-store.ts';

/** What a word of a vector points to, and how to put something else there. */
interface NumberedWord {
  readonly at: number;
  /** Numbers in what `word` points to, ascending. */
  numbers(word: number): readonly number[];
  /** The word for the same with its numbers replaced: the ith of them by `images[i]`. */
  renumbered(word: number, images: readonly number[]): number;
}

/** The function that answers the vector in which the numbers in use, but 0, are 1, 2, 3 and so on in their order. */
export function renumberer(store: WorldStore, renumbering: Renumbering): (vector: WorldVector) => WorldVector {
  const words = numberedWords(store, renumbering);
  let into: WorldVector = [];
  return (vector) => {
    const used = new Set<number>();
    for (const { at, numbers } of words) for (const number of numbers(vector[at] as number)) used.add(number);
    used.delete(0);
    const ranked = [...used].sort((a, b) => a - b);
    if (ranked.every((number, index) => number === index + 1)) return vector;
    const rank = (number: number): number => (number === 0 ? 0 : ranked.indexOf(number) + 1);
    into = vector.slice();
    for (const { at, numbers, renumbered } of words) {
      const word = vector[at] as number;
      const before = numbers(word);
      if (before.length > 0) into[at] = renumbered(word, before.map(rank));
    }
    return into;
  };
}

function numberedWords(store: WorldStore, renumbering: Renumbering): NumberedWord[] {
  const { spec, layout, values, lists } = store;
  const messages = new NumberedPool(
    (word) => renumbering.numbers(values.value(word), { kind: 'message' }),
    (word, image) => values.intern(renumbering.renumbered(values.value(word), { kind: 'message' }, image)),
  );
  const queues = new NumberedPool(
    (word) => lists.list(word).flatMap((message) => messages.numbers(message)),
    (word, image) =>
      lists.intern(lists.list(word).map((each) => messages.renumbered(each, messages.numbers(each).map(image)))),
  );
  const words: NumberedWord[] = [];
  const add = (at: number, pool: NumberedPool): void => {
    words.push({
      at,
      numbers: (word) => pool.numbers(word),
      renumbered: (word, images) => pool.renumbered(word, images),
    });
  };
  for (const [node, { parts }] of spec.nodes.entries()) {
    for (const part of parts.keys()) {
      const place: ValuePlace = { kind: 'state', node, part };
      const pool = store.states(node, part);
      const numbered = new NumberedPool(
        (word) => renumbering.numbers(pool.shared(word), place),
        (word, image) => pool.intern(renumbering.renumbered(pool.fresh(word), place, image)),
      );
      add(layout.state(node, part), numbered);
    }
  }
  for (const direction of store.topology.directions.keys()) add(layout.queues + direction, queues);
  for (const [monitor, pool] of store.monitors.entries()) {
    const place: ValuePlace = { kind: 'monitor', monitor };
    const numbered = new NumberedPool(
      (word) => renumbering.numbers(pool.shared(word), place),
      (word, image) => pool.intern(renumbering.renumbered(pool.fresh(word), place, image)),
    );
    add(layout.monitors + monitor, numbered);
  }
  return words;
}

/** The numbers in the entries of one pool, and their renumbered forms, each computed once. */
class NumberedPool {
  readonly #find: (word: number) => readonly number[];
  readonly #replace: (word: number, image: (number: number) => number) => number;
  readonly #numbers: (readonly number[] | undefined)[] = [];
  readonly #images = new Map<string, number>();
  readonly #renumbered = new PairTable();

  constructor(
    find: (word: number) => readonly number[],
    replace: (word: number, image: (number: number) => number) => number,
  ) {
    this.#find = find;
    this.#replace = replace;
  }

  numbers(word: number): readonly number[] {
    let numbers = this.#numbers[word];
    if (numbers === undefined) {
      numbers = [...new Set(this.#find(word))].sort((a, b) => a - b);
      this.#numbers[word] = numbers;
    }
    return numbers;
  }

  renumbered(word: number, images: readonly number[]): number {
    const key = this.#keyOf(images);
    let result = this.#renumbered.get(word, key);
    if (result === PairTable.absent) {
      const numbers = this.numbers(word);
      result = this.#replace(word, (number) => images[numbers.indexOf(number)] ?? number);
      this.#renumbered.set(word, key, result);
    }
    return result;
  }

  #keyOf(images: readonly number[]): number {
    const text = images.join(' ');
    let key = this.#images.get(text);
    if (key === undefined) {
      key = this.#images.size;
      this.#images.set(text, key);
    }
    return key;
  }
}
