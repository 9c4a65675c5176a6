import { PairTable } from '../explorer/pair-table.ts';
import { NumberSets } from './number-sets.ts';
import type { StatePool } from './pools.ts';
import type { Renumbering, ValuePlace } from './spec.ts';
import type { WorldVector } from './vector-machine.ts';
import type { WorldStore } from './world-store.ts';

/** A word of a vector and the pool of what it points to. */
interface NumberedWord {
  readonly at: number;
  readonly pool: NumberedPool;
}

/** The function that answers the vector in which the numbers in use, but 0, are 1, 2, 3 and so on in their order. */
export function renumberer(store: WorldStore, renumbering: Renumbering): (vector: WorldVector) => WorldVector {
  const sets = new NumberSets(renumbering.familySpan ?? Number.MAX_SAFE_INTEGER);
  const words = numberedWords(store, renumbering, sets);
  const into: WorldVector = [];
  return (vector) => {
    let used = 0;
    for (const { at, pool } of words) used = sets.union(used, pool.numbers(vector[at] as number));
    if (sets.isDense(used)) return vector;
    for (let at = 0; at < vector.length; at++) into[at] = vector[at] as number;
    for (const { at, pool } of words) into[at] = pool.renumbered(vector[at] as number, used);
    return into;
  };
}

function numberedWords(store: WorldStore, renumbering: Renumbering, sets: NumberSets): NumberedWord[] {
  const { spec, layout, values, lists } = store;
  const renumbered = (value: unknown, place: ValuePlace, used: number): unknown =>
    renumbering.renumbered(value, place, (number) => sets.rank(used, number));
  const messages = new NumberedPool(
    sets,
    (word) => sets.place(renumbering.numbers(values.value(word), { kind: 'message' })),
    (word, used) => values.intern(renumbered(values.value(word), { kind: 'message' }, used)),
  );
  const queues = new NumberedPool(
    sets,
    (word) => lists.list(word).reduce((union, message) => sets.union(union, messages.numbers(message)), 0),
    (word, used) => lists.intern(lists.list(word).map((message) => messages.renumbered(message, used))),
  );
  const statePool = (states: StatePool, place: ValuePlace): NumberedPool =>
    new NumberedPool(
      sets,
      (word) => sets.place(renumbering.numbers(states.shared(word), place)),
      (word, used) => states.intern(renumbered(states.fresh(word), place, used)),
    );
  const words: NumberedWord[] = [];
  for (const [node, { parts }] of spec.nodes.entries()) {
    for (const part of parts.keys()) {
      const pool = statePool(store.states(node, part), { kind: 'state', node, part });
      words.push({ at: layout.state(node, part), pool });
    }
  }
  for (const direction of store.topology.directions.keys()) {
    words.push({ at: layout.queues + direction, pool: queues });
  }
  for (const [monitor, states] of store.monitors.entries()) {
    words.push({ at: layout.monitors + monitor, pool: statePool(states, { kind: 'monitor', monitor }) });
  }
  return words;
}

/** The numbers in the entries of one pool, and their renumbered forms, each computed once. */
class NumberedPool {
  readonly #sets: NumberSets;
  readonly #find: (word: number) => number;
  readonly #replace: (word: number, used: number) => number;
  readonly #numbers: number[] = [];
  readonly #renumbered = new PairTable();

  constructor(sets: NumberSets, find: (word: number) => number, replace: (word: number, used: number) => number) {
    this.#sets = sets;
    this.#find = find;
    this.#replace = replace;
  }

  /** The set of the numbers in what `word` points to. */
  numbers(word: number): number {
    let numbers = this.#numbers[word];
    if (numbers === undefined) {
      numbers = this.#find(word);
      this.#numbers[word] = numbers;
    }
    return numbers;
  }

  /** The word for the same with each number replaced by its rank in the set `used`. */
  renumbered(word: number, used: number): number {
    const numbers = this.numbers(word);
    if (numbers === 0) return word;
    const ranking = this.#sets.ranking(used, numbers);
    let result = this.#renumbered.get(word, ranking);
    if (result === PairTable.absent) {
      result = this.#replace(word, used);
      this.#renumbered.set(word, ranking, result);
    }
    return result;
  }
}
