import type { DriveDirectory, DriveFile } from '../../src/drive/drive-files.ts';
import { KeyLocks } from '../../src/journal/key-locks.ts';
import { blockPieces } from '../../src/object/block-pieces.ts';
import { blockPlace, rowBlocks } from '../../src/object/stripe.ts';
import { exclusiveOr } from '../../src/parity/block-sums.ts';
import { members } from './recorded-run.ts';

const geometry = { data: 3, parity: 1, unitBlocks: 4 } as const;
const blockBytes = 4096;

/**
 * What an object would be without a journal: the same layout, each block and its parity overwritten where they lie, both
 * flushed before the answer. It exists to show what the journal is for.
 */
export class InPlaceArray {
  readonly #files: readonly DriveFile[];
  readonly #rows = new KeyLocks();

  private constructor(files: readonly DriveFile[]) {
    this.#files = files;
  }

  static async open(drive: (member: number) => DriveDirectory): Promise<InPlaceArray> {
    const files = members.map((member) => drive(member).open('blocks', { create: true }));
    return new InPlaceArray(await Promise.all(files));
  }

  trim({ offset, length }: { readonly offset: number; readonly length: number }): Promise<void> {
    return this.write(offset, new Uint8Array(length));
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await Promise.all(
      blockPieces(offset, bytes.byteLength).map(({ lblk, start, bytes: length, at }) => {
        const place = blockPlace(geometry, members, lblk);
        return this.#rows.run(`${place.group}`, async () => {
          const old = await this.#at(place.data, place.group);
          const fresh = old.slice();
          fresh.set(bytes.subarray(at, at + length), start);
          const parity = await this.#at(place.parities[0]!, place.group);
          exclusiveOr(parity, old);
          exclusiveOr(parity, fresh);
          await Promise.all([
            this.#overwrite(place.data, place.group, fresh),
            this.#overwrite(place.parities[0]!, place.group, parity),
          ]);
        });
      }),
    );
  }

  /** A block as it lies there, or made from the rest of its row when its drive is the one that is missing. */
  async read(lblk: number, missing: number): Promise<Uint8Array> {
    const place = blockPlace(geometry, members, lblk);
    if (place.data !== missing) return this.#at(place.data, place.group);
    const sum = await this.#at(place.parities[0]!, place.group);
    for (const other of rowBlocks(geometry, place)) {
      if (other !== lblk) exclusiveOr(sum, await this.#at(blockPlace(geometry, members, other).data, place.group));
    }
    return sum;
  }

  async #at(member: number, group: number): Promise<Uint8Array> {
    const block = new Uint8Array(blockBytes);
    await this.#files[member]!.read([block], group * blockBytes);
    return block;
  }

  async #overwrite(member: number, group: number, block: Uint8Array): Promise<void> {
    await this.#files[member]!.write([block], group * blockBytes);
    await this.#files[member]!.flush();
  }
}
