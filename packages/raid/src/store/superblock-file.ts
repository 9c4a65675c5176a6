import type { PageIndex, PagePool } from '@holdfast/runtime';
import { type DriveDirectory, type DriveFile, FileClosedError } from '../drive/drive-files.ts';
import { DriveDamagedError, NewerFormatError } from '../errors.ts';
import type { Checksums } from './checksums.ts';
import { flush } from './flush.ts';
import {
  decodeSuperblock,
  encodeSuperblock,
  type Superblock,
  type SuperblockReading,
  superblockBytes,
} from './superblock.ts';

export const superblockFileName = 'superblock';

type SuperblockChange = Partial<
  Pick<
    Superblock,
    'identity' | 'view' | 'workedBy' | 'empty' | 'logGeneration' | 'journaledBlocks' | 'techniques' | 'reserves'
  >
>;

/** The two slots on disk. A write goes to the slot the current copy is not in, and is durable when it resolves. */
export class SuperblockFile {
  readonly #file: DriveFile;
  readonly #pages: PagePool;
  readonly #sums: Checksums;
  readonly #page: PageIndex;
  #current: Superblock;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(file: DriveFile, pages: PagePool, sums: Checksums, current: Superblock) {
    this.#file = file;
    this.#pages = pages;
    this.#sums = sums;
    this.#page = pages.take();
    this.#current = current;
  }

  get current(): Superblock {
    return this.#current;
  }

  /** Both slots of a new drive. */
  static async create(
    directory: DriveDirectory,
    pages: PagePool,
    sums: Checksums,
    first: Omit<Superblock, 'generation'>,
  ): Promise<SuperblockFile> {
    const file = await directory.open(superblockFileName, { create: true });
    const created = new SuperblockFile(file, pages, sums, { ...first, generation: 0 });
    await created.update({});
    await created.update({});
    return created;
  }

  /**
   * @returns the file, and whether one of the two slots was found damaged (it is written anew by the next update).
   * @throws NewerFormatError, DriveDamagedError
   */
  static async open(
    directory: DriveDirectory,
    pages: PagePool,
    sums: Checksums,
  ): Promise<{ readonly file: SuperblockFile; readonly damagedSlots: number }> {
    const file = await directory.open(superblockFileName, { create: false });
    const page = pages.take();
    const readings: SuperblockReading[] = [];
    try {
      const bytes = pages.bytes(page);
      for (const slot of [0, 1]) {
        bytes.fill(0);
        await file.read([bytes], slot * superblockBytes);
        readings.push(decodeSuperblock(bytes, () => sums.whole(page, superblockBytes)));
      }
      const newest = choose(readings, directory.path);
      const damagedSlots = readings.filter((reading) => reading.kind === 'damaged' || reading.kind === 'blank').length;
      return { file: new SuperblockFile(file, pages, sums, newest), damagedSlots };
    } catch (error) {
      await file.close();
      throw error;
    } finally {
      pages.give(page);
    }
  }

  /** Write a changed superblock. One at a time: both slots would be the same one otherwise. */
  update(change: SuperblockChange): Promise<void> {
    if (this.#closed) return Promise.reject(new FileClosedError(superblockFileName));
    const update = this.#last.then(() => this.#write(change));
    this.#last = update.catch(() => undefined);
    return update;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    this.#pages.give(this.#page);
    await this.#file.close();
  }

  async #write(change: SuperblockChange): Promise<void> {
    const next = { ...this.#current, ...change, generation: this.#current.generation + 1 };
    const bytes = this.#pages.bytes(this.#page);
    encodeSuperblock(next, bytes, () => this.#sums.whole(this.#page, superblockBytes));
    await this.#file.write([bytes], (next.generation % 2) * superblockBytes);
    await flush(this.#file);
    this.#current = next;
  }
}

function choose(readings: readonly SuperblockReading[], path: string): Superblock {
  let newest: Superblock | undefined;
  let newerFormat: { readonly generation: number; readonly found: string } | undefined;
  for (const reading of readings) {
    if (reading.kind === 'newer') newerFormat = reading;
    if (reading.kind === 'valid' && reading.superblock.generation > (newest?.generation ?? -1)) {
      newest = reading.superblock;
    }
  }
  if (newerFormat !== undefined && newerFormat.generation > (newest?.generation ?? -1)) {
    throw new NewerFormatError(path, newerFormat.found);
  }
  if (newest === undefined) throw new DriveDamagedError(path, 'neither superblock slot is valid');
  return newest;
}
