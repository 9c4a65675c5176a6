/**
 * Where the chunks of one reading lie: each in memory of its own, or, for a reader that is done with one before it asks for the
 * next, in the same again. New memory for every chunk has the collector look at the whole heap for each 32 MiB or so: half
 * the CPU time of a reading.
 */
export class ChunkMemory {
  readonly #reuses: boolean;
  /** As many as were ever there at a time: the chunks of the windows that are read ahead. */
  readonly #spare: Uint8Array[] = [];

  constructor(reuses: boolean) {
    this.#reuses = reuses;
  }

  /** So many bytes, with anything in them. */
  take(bytes: number): Uint8Array {
    const spare = this.#spare.pop();
    return spare?.byteLength === bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  }

  /** The reader has asked for what comes after this chunk. */
  done(chunk: Uint8Array): void {
    if (this.#reuses) this.#spare.push(chunk);
  }
}
