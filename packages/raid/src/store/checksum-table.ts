import { type Address, noAddress } from '../kernel/journal.ts';
import { checksumNumber, driveBlockOf } from './journaled-address.ts';

/** The checksum of every block of a drive, in memory: 8 bytes for each 4096 on disk. */
export class ChecksumTable {
  #words = new Uint32Array(0);

  set(first: number, checksums: Uint32Array): void {
    this.#reserve(first * 2 + checksums.length);
    this.#words.set(checksums, first * 2);
  }

  get(first: number, count: number): Uint32Array {
    return this.#words.slice(first * 2, (first + count) * 2);
  }

  /** Whether `count` blocks from `first` have exactly these checksums. */
  matches(first: number, count: number, checksums: Uint32Array): boolean {
    for (let index = 0; index < count * 2; index++) {
      if (this.#words[first * 2 + index] !== checksums[index]) return false;
    }
    return true;
  }

  /** The checksum of a journaled block. */
  setNumber(address: Address, checksum: number): void {
    if (address === noAddress) return;
    const first = driveBlockOf(address);
    this.#reserve(first * 2 + 2);
    this.#words[first * 2] = checksum % 2 ** 32;
    this.#words[first * 2 + 1] = Math.floor(checksum / 2 ** 32);
  }

  number(address: Address): number {
    if (address === noAddress) return 0;
    const first = driveBlockOf(address);
    return checksumNumber(this.#words[first * 2] ?? 0, this.#words[first * 2 + 1] ?? 0);
  }

  /** Twice the room each time, so that filling a drive copies each checksum once or twice. */
  #reserve(words: number): void {
    if (words <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
