import { firstPiece, lastPiece, pieceHeaderBytes } from './frame-kinds.ts';

/** Puts one peer's messages together again. Pieces of a message come side by side and in order, as sessions promise. */
export class PieceAssembly {
  readonly #bytesMax: number;
  #message: Uint8Array | undefined;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The whole message with its last piece; `refused` for a piece that does not continue what came before. */
  add(bytes: Uint8Array, start: number, end: number): Uint8Array | 'refused' | undefined {
    if (end - start <= pieceHeaderBytes) return this.#refuse();
    const flags = bytes[start + 1]!;
    const total = new DataView(bytes.buffer, bytes.byteOffset + start + 2, 4).getUint32(0, true);
    if ((flags & firstPiece) !== 0) {
      if (this.#message !== undefined || total > this.#bytesMax) return this.#refuse();
      this.#message = new Uint8Array(total);
      this.#length = 0;
    }
    const message = this.#message;
    const piece = end - start - pieceHeaderBytes;
    if (message === undefined || message.length !== total || this.#length + piece > total) return this.#refuse();
    message.set(bytes.subarray(start + pieceHeaderBytes, end), this.#length);
    this.#length += piece;
    if ((flags & lastPiece) === 0) return undefined;
    if (this.#length !== total) return this.#refuse();
    this.#message = undefined;
    return message;
  }

  #refuse(): 'refused' {
    this.#message = undefined;
    return 'refused';
  }
}
