/** A 64-bit fingerprint of everything fed to it, in order: two 32-bit lanes of multiply and rotate. */
export class Digest {
  #high = 0x243f6a88;
  #low = 0x85a308d3;

  number(value: number): void {
    this.#word(value | 0);
    // Virtual times exceed 32 bits.
    if (value >= 2 ** 31 || value < -(2 ** 31)) this.#word(Math.floor(value / 2 ** 32));
  }

  text(value: string): void {
    for (let at = 0; at < value.length; at++) this.#word(value.charCodeAt(at));
  }

  bytes(bytes: Uint8Array, length: number): void {
    for (let at = 0; at < length; at++) this.#word(bytes[at] as number);
  }

  hex(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #word(word: number): void {
    this.#high = rotate(Math.imul(this.#high ^ word, 0xcc9e2d51), 15) ^ this.#low;
    this.#low = Math.imul(rotate(this.#low ^ word, 13), 0x1b873593) ^ (this.#high >>> 16);
  }
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
