/** Something that holds values by key, however it is made. Values are texts of {@link valueChars} characters. */
export interface KeyStore {
  /** At once where it can. */
  read(key: number): unknown;
  write(key: number, value: string): unknown;
}

export interface KeyLoad {
  readonly keys: number;
  /** Calls under way at any moment. */
  readonly outstanding: number;
  /** One call in so many writes; 0: none does. */
  readonly writeEvery: number;
  readonly ms: number;
  readonly seed: number;
}

export const valueChars = 64;

/** Calls that were answered at once before the event loop has its turn. */
const callsPerTurn = 64;

/** Running sums of the weights of `count` ranks, made once: they take longer than many calls. */
const sumsOf = new Map<number, Float64Array>();

function zipfSums(count: number): Float64Array {
  let sums = sumsOf.get(count);
  if (sums === undefined) {
    let sum = 0;
    sums = Float64Array.from({ length: count }, (_, rank) => {
      sum += 1 / (rank + 1) ** 0.99;
      return sum;
    });
    sumsOf.set(count, sums);
  }
  return sums;
}

/** Numbers below `count` by Zipf's law with exponent 0.99, as in YCSB: few keys take most calls. */
export function zipf(count: number, seed: number): () => number {
  const sums = zipfSums(count);
  const total = sums[count - 1] as number;
  const random = uniform(seed);
  return () => {
    const wanted = random() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Numbers from 0 to 1 that follow from a seed. */
export function uniform(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Calls answered in the time: chains that each make the next call when the last one was answered. */
export async function driveKeys(store: KeyStore, load: KeyLoad): Promise<number> {
  const untilMs = performance.now() + load.ms;
  let calls = 0;
  const chain = async (index: number): Promise<void> => {
    const nextKey = zipf(load.keys, load.seed + 7919 * index);
    for (let call = 1; ; call++) {
      const key = nextKey();
      const writes = load.writeEvery > 0 && call % load.writeEvery === 0;
      const answer = writes ? store.write(key, textOf(call)) : store.read(key);
      if (answer instanceof Promise) await answer;
      calls++;
      if (call % callsPerTurn !== 0) continue;
      if (performance.now() >= untilMs) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: load.outstanding }, (_, index) => chain(index)));
  return calls;
}

export const textOf = (number: number): string => String(number).padStart(valueChars, '.');
