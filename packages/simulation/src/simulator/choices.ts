import { choiceListInitial } from '../limits.ts';
import { Random } from './random.ts';

/** What was chosen, stream by stream: the numbers in the order they were drawn. */
export type ChoiceLists = ReadonlyMap<string, readonly number[]>;

const twoTo32 = 2 ** 32;

/**
 * One stream of choices. 0 always stands for the dullest choice: no fault, the shortest delay, no call. Beyond the end
 * of a replayed list every choice is 0, so that a list can be cut and thinned out and still means something.
 */
export class ChoiceStream {
  readonly #random: Random | undefined;
  #list: Uint32Array;
  #length: number;
  #at = 0;

  constructor(random: Random | undefined, replayed: readonly number[] = []) {
    this.#random = random;
    this.#list = random === undefined ? Uint32Array.from(replayed) : new Uint32Array(choiceListInitial);
    this.#length = replayed.length;
  }

  /** A number in [0, count). */
  choose(count: number): number {
    if (this.#random === undefined) return Math.min(this.#next(), count - 1);
    return this.#record(Math.floor((this.#random.u32() / twoTo32) * count));
  }

  /** A number in [1, count), so that 0 can stand for `not at all` when a list is thinned out. */
  chooseSome(count: number): number {
    if (this.#random === undefined) return Math.min(this.#next(), count - 1);
    return this.#record(1 + Math.floor((this.#random.u32() / twoTo32) * (count - 1)));
  }

  chance(probability: number): boolean {
    if (this.#random === undefined) return this.#next() === 1 && probability > 0;
    return this.#record(this.#random.u32() < probability * twoTo32 ? 1 : 0) === 1;
  }

  /** i + 1 with the probability that `ends[i]` adds to the one before it, else 0. `ends` ascends to at most 1. */
  weighted(ends: readonly number[]): number {
    if (this.#random === undefined) return withWeight(this.#next(), ends);
    const draw = this.#random.u32() / twoTo32;
    let index = 0;
    while (index < ends.length && draw >= (ends[index] as number)) index++;
    return this.#record(index === ends.length ? 0 : index + 1);
  }

  /** What was drawn so far. */
  list(): number[] {
    return Array.from(this.#list.subarray(0, this.#random === undefined ? this.#at : this.#length));
  }

  #next(): number {
    const value = this.#at < this.#length ? (this.#list[this.#at] as number) : 0;
    if (this.#at < this.#length) this.#at++;
    return value;
  }

  #record(value: number): number {
    if (this.#length === this.#list.length) {
      const grown = new Uint32Array(this.#list.length * 2);
      grown.set(this.#list);
      this.#list = grown;
    }
    this.#list[this.#length++] = value;
    return value;
  }
}

/** What no seed could draw is the dullest choice: a list that was made smaller must not bring in faults that never happen. */
function withWeight(drawn: number, ends: readonly number[]): number {
  const index = Math.min(drawn, ends.length);
  return index > 0 && ends[index - 1]! > (ends[index - 2] ?? 0) ? index : 0;
}

/** Where every choice of a run comes from: a seed, or what another run drew. */
export class Choices {
  readonly #streams = new Map<string, ChoiceStream>();
  readonly #make: (label: string) => ChoiceStream;

  private constructor(make: (label: string) => ChoiceStream) {
    this.#make = make;
  }

  static fromSeed(seed: number): Choices {
    return new Choices((label) => new ChoiceStream(new Random(seed, label)));
  }

  static replaying(lists: ChoiceLists): Choices {
    return new Choices((label) => new ChoiceStream(undefined, lists.get(label)));
  }

  /** The stream of that name: what one stream draws never changes another. */
  stream(label: string): ChoiceStream {
    let stream = this.#streams.get(label);
    if (stream === undefined) {
      stream = this.#make(label);
      this.#streams.set(label, stream);
    }
    return stream;
  }

  lists(): ChoiceLists {
    return new Map(Array.from(this.#streams, ([label, stream]) => [label, stream.list()]));
  }
}
