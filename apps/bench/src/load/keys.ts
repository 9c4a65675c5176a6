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

const zipfExponent = 0.99;

/** Calls that were answered at once before the event loop has its turn. */
const callsPerTurn = 64;

/** How often a place stands for its own rank, and for which other one else. */
interface AliasTable {
  readonly shares: Float64Array;
  readonly aliases: Uint32Array;
}

/** Made once: they take longer than many calls. */
const tablesOf = new Map<number, AliasTable>();

/**
 * The table of Zipf's law over `count` ranks by the alias method (Walker 1977, Vose 1991): a number drawn from it costs two
 * looks however many ranks there are, so that what is measured is the store.
 */
function aliasTable(count: number): AliasTable {
  const weights = Float64Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** zipfExponent);
  const scale = count / weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight * scale);
  const aliases = Uint32Array.from({ length: count }, (_, rank) => rank);
  // Ranks come in falling order: those with more than their place holds are at the front, and give to those at the end.
  let rich = 0;
  for (let poor = count - 1; poor > rich; poor--) {
    for (let place = poor; rich < poor && (shares[place] as number) < 1; ) {
      aliases[place] = rich;
      shares[rich] = (shares[rich] as number) - (1 - (shares[place] as number));
      if ((shares[rich] as number) >= 1) break;
      // It has given so much that the next one gives to it.
      place = rich;
      rich += 1;
    }
  }
  return { shares, aliases };
}

/** Numbers below `count` by Zipf's law with exponent 0.99, as in YCSB: few keys take most calls. */
export function zipf(count: number, seed: number): () => number {
  const table = tablesOf.get(count) ?? aliasTable(count);
  tablesOf.set(count, table);
  const { shares, aliases } = table;
  const random = uniform(seed);
  return () => {
    const place = Math.floor(random() * count);
    return random() < (shares[place] as number) ? place : (aliases[place] as number);
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
