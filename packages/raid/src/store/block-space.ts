import type { BlockFile } from './block-file.ts';
import type { DriveHealth } from './drive-health.ts';
import type { Extent } from './drive-state.ts';
import type { Space } from './space.ts';

/** Places in a block file that grows when it must, and a little before. */
export class BlockSpace {
  readonly #file: BlockFile;
  readonly #space: Space;
  readonly #health: DriveHealth;
  #growing: Promise<void> | undefined;

  constructor(file: BlockFile, space: Space, health: DriveHealth) {
    this.#file = file;
    this.#space = space;
    this.#health = health;
  }

  get used(): number {
    return this.#space.used;
  }

  get capacity(): number {
    return this.#space.capacity;
  }

  /**
   * Places for runs of the given lengths, side by side when there is room so that they go out in one write.
   * @throws NoSpaceError when the file cannot grow, DriveStoppedError when growing it failed otherwise.
   */
  async allocate(blocks: readonly number[]): Promise<number[]> {
    for (;;) {
      const places = this.#tryAllocate(blocks);
      if (places !== undefined) {
        this.#growAhead();
        return places;
      }
      await this.#grow();
    }
  }

  /** Take one particular block; false when it is in use, or beyond the end. */
  claim(address: number): boolean {
    return this.#space.claim(address, 1);
  }

  release({ address, blocks }: Extent): void {
    this.#space.release(address, blocks);
  }

  /** Resolves, never rejects, when no growth is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#growing]);
  }

  #tryAllocate(blocks: readonly number[]): number[] | undefined {
    let next = this.#space.allocate(blocks.reduce((sum, count) => sum + count, 0));
    const places: number[] = [];
    for (const count of blocks) {
      const place = next ?? this.#space.allocate(count);
      if (place === undefined) {
        for (const [index, taken] of places.entries()) this.#space.release(taken, blocks[index]!);
        return undefined;
      }
      places.push(place);
      if (next !== undefined) next += count;
    }
    return places;
  }

  async #grow(): Promise<void> {
    if (!this.#file.canGrow) throw this.#health.full();
    this.#growing ??= this.#health
      .mayBeFull(() => this.#file.grow())
      .then((added) => this.#space.grow(added))
      .finally(() => {
        this.#growing = undefined;
      });
    await this.#growing;
  }

  /**
   * Begin to grow while a quarter of an extent is left. A failure stops the drive, or is found again by whoever needs
   * the space.
   */
  #growAhead(): void {
    const wanted = this.#space.free < this.#file.extentBlocks / 4;
    if (wanted && this.#file.canGrow && this.#growing === undefined) void this.#grow().catch(() => undefined);
  }
}
