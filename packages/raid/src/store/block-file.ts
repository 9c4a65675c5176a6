import type { DriveDirectory, DriveFile } from '../drive/drive-files.ts';
import { blockBytes, driveBlocksMax } from '../limits.ts';
import { flush } from './flush.ts';
import { preallocate } from './preallocate.ts';

export const blockFileName = 'blocks';

/** The blocks of one drive, by address. Whole extents only: a growth cut short by a crash is done again. */
export class BlockFile {
  readonly #file: DriveFile;
  readonly extentBlocks: number;
  #blocks: number;

  private constructor(file: DriveFile, extentBlocks: number, blocks: number) {
    this.#file = file;
    this.extentBlocks = extentBlocks;
    this.#blocks = blocks;
  }

  static async open(
    directory: DriveDirectory,
    extentBlocks: number,
    options: { readonly create: boolean },
  ): Promise<BlockFile> {
    const file = await directory.open(blockFileName, options);
    const extents = Math.floor((await file.size()) / (extentBlocks * blockBytes));
    return new BlockFile(file, extentBlocks, extents * extentBlocks);
  }

  get whyBuffered(): string | undefined {
    return this.#file.whyBuffered;
  }

  get blocks(): number {
    return this.#blocks;
  }

  get canGrow(): boolean {
    return this.#blocks + this.extentBlocks <= driveBlocksMax;
  }

  /** Add one extent of durable zeros; the blocks it adds. */
  async grow(): Promise<number> {
    await preallocate(this.#file, this.#blocks * blockBytes, this.extentBlocks * blockBytes);
    this.#blocks += this.extentBlocks;
    return this.extentBlocks;
  }

  write(address: number, parts: readonly Uint8Array[]): Promise<void> {
    return this.#file.write(parts, address * blockBytes);
  }

  /** Whether all parts could be filled. */
  async read(address: number, parts: readonly Uint8Array[]): Promise<boolean> {
    const expected = parts.reduce((sum, part) => sum + part.byteLength, 0);
    return (await this.#file.read(parts, address * blockBytes)) === expected;
  }

  flush(): Promise<void> {
    return flush(this.#file);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
