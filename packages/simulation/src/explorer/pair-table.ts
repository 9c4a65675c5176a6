const slotWords = 3;
const slotsInitial = 256;
const loadMax = 0.6;

/** A map from pairs of non-negative 31-bit numbers to a number, in one typed array. */
export class PairTable {
  /** What {@link get} answers for a pair not in the table. */
  static readonly absent = -1;

  #slots = new Int32Array(slotsInitial * slotWords);
  #mask = slotsInitial - 1;
  #length = 0;

  get(a: number, b: number): number {
    const slots = this.#slots;
    let slot = mix(a, b) & this.#mask;
    for (;;) {
      const at = slot * slotWords;
      // The first number is stored plus one, so that 0 marks a free slot.
      const first = slots[at] as number;
      if (first === 0) return PairTable.absent;
      if (first === a + 1 && slots[at + 1] === b) return slots[at + 2] as number;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Add a pair that is not yet in the table. */
  set(a: number, b: number, value: number): void {
    this.#length++;
    if (this.#length > (this.#mask + 1) * loadMax) this.#grow();
    this.#place(a, b, value);
  }

  #place(a: number, b: number, value: number): void {
    let slot = mix(a, b) & this.#mask;
    while (this.#slots[slot * slotWords] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot * slotWords] = a + 1;
    this.#slots[slot * slotWords + 1] = b;
    this.#slots[slot * slotWords + 2] = value;
  }

  #grow(): void {
    const old = this.#slots;
    const size = (this.#mask + 1) * 2;
    this.#slots = new Int32Array(size * slotWords);
    this.#mask = size - 1;
    for (let at = 0; at < old.length; at += slotWords) {
      const first = old[at] as number;
      if (first !== 0) this.#place(first - 1, old[at + 1] as number, old[at + 2] as number);
    }
  }
}

function mix(a: number, b: number): number {
  const hash = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
