export const ledgerBlockBytes = 4096;

/** An object that is written in ranges: `BlockObject` of @holdfast/raid has this shape. */
export interface Ledger {
  readonly gfid: string;
  write(offset: number, bytes: Uint8Array): Promise<{ readonly degraded: boolean }>;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What blocks of an object may hold, by the overwrites that were begun and answered. */
export class LedgerOracle {
  /** By block: the seeds of the contents it may have. */
  readonly #possible = new Map<number, readonly number[]>();

  get blocks(): number {
    return this.#possible.size;
  }

  begin(block: number, seed: number): void {
    this.#possible.set(block, [...(this.#possible.get(block) ?? []), seed]);
  }

  answered(block: number, seed: number): void {
    this.#possible.set(block, [seed]);
  }

  /** How many blocks hold something else. Those that hold one of several contents are known to hold that one from now on. */
  async different(ledger: Ledger): Promise<number> {
    let different = 0;
    for (const [block, seeds] of this.#possible) {
      const found = Buffer.from(await ledger.read(block * ledgerBlockBytes, ledgerBlockBytes));
      const held = seeds.find((seed) => found.equals(contentOf(seed)));
      if (held === undefined) different++;
      else this.#possible.set(block, [held]);
    }
    return different;
  }
}

/** A block that follows from a number. */
export function contentOf(seed: number): Uint8Array {
  const words = new Uint32Array(ledgerBlockBytes / 4);
  const random = randomNumbers(seed);
  for (let index = 0; index < words.length; index++) words[index] = random(2 ** 32);
  return new Uint8Array(words.buffer);
}

/** Whole numbers below what is asked for, that follow from a seed (xorshift32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
