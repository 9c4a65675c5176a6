import { type BlockObjects, ClaimedError } from '@holdfast/raid/objects';

/** Objects of an array in memory: bytes that can be broken. */
export class MemoryBlocks {
  readonly bytes = new Map<string, Uint8Array>();
  failsWrites = false;
  readonly #claims = new Map<string, number>();
  #made = 0;

  /** As the log takes them. */
  get objects(): BlockObjects {
    return this as unknown as BlockObjects;
  }

  async create(): Promise<string> {
    const gfid = String(++this.#made).padStart(16, '0');
    this.bytes.set(gfid, new Uint8Array(1 << 20));
    return gfid;
  }

  async remove(gfid: string): Promise<boolean> {
    return this.bytes.delete(gfid);
  }

  async open(gfid: string) {
    const bytes = this.bytes.get(gfid);
    if (bytes === undefined) throw new Error(`There is no object ${gfid}.`);
    let own = 0;
    return {
      claim: async () => {
        own = (this.#claims.get(gfid) ?? 0) + 1;
        this.#claims.set(gfid, own);
        return own;
      },
      read: async (offset: number, length: number) => {
        const into = new Uint8Array(length);
        into.set(bytes.subarray(offset, Math.min(offset + length, bytes.length)));
        return into;
      },
      write: async (offset: number, from: Uint8Array) => {
        if (this.failsWrites) throw new Error('The array is gone.');
        if (own < (this.#claims.get(gfid) ?? 0)) throw new ClaimedError(gfid);
        bytes.set(from, offset);
      },
    };
  }
}
