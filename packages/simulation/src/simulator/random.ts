/** A generator of 32-bit numbers: sfc32, small, fast and good enough for 2^64 draws. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, label: string) {
    const mixed = new SeedMixer(seed, label);
    this.#a = mixed.next();
    this.#b = mixed.next();
    this.#c = mixed.next();
    for (let round = 0; round < warmUpRounds; round++) this.u32();
  }

  /** A number in [0, 2^32). */
  u32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

const warmUpRounds = 12;

/** The seed of run `run` of a set: any two runs differ in about half their bits. */
export function seedOfRun(seed: number, run: number): number {
  return new SeedMixer(seed, `run ${run}`).next() >>> 0;
}

/** Spreads a seed and a label over as many 32-bit words as wanted (murmur3's mixing). */
class SeedMixer {
  #state: number;

  constructor(seed: number, label: string) {
    // Seeds up to 2^53 count in full.
    let state = Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.imul(Math.floor(seed / 2 ** 32) | 0, 0x85ebca6b);
    for (let at = 0; at < label.length; at++) state = Math.imul(state ^ label.charCodeAt(at), 0x01000193);
    this.#state = state;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return word ^ (word >>> 16);
  }
}
