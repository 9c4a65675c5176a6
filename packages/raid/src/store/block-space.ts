import { setImmediate } from 'node:timers/promises';
import { NoSpaceError } from '../errors.ts';
import { growAgainMs, keptBlocks, keptForParity, placesWhenFull } from '../limits.ts';
import type { BlockFile } from './block-file.ts';
import type { DriveHealth } from './drive-health.ts';
import type { Extent } from './drive-state.ts';
import type { Space } from './space.ts';

/** Somebody who holds places that nothing lies at yet. */
export interface PlaceHolder {
  /** How many. */
  readonly held: number;
  /** Give back what is not needed at once. */
  giveBack(): void;
}

/**
 * Places in a block file that grows when it must, and a little before. Some of them are spoken for: those that were
 * promised to blocks which have none yet, and a few that nothing new takes, so that overwriting, which needs a place beside
 * the old one for a while, goes on when the file system is full.
 */
export class BlockSpace {
  readonly #file: BlockFile;
  readonly #space: Space;
  readonly #health: DriveHealth;
  readonly #holders = new Set<PlaceHolder>();
  #promised = 0;
  #growing: Promise<void> | undefined;
  #fullAtMs = Number.NEGATIVE_INFINITY;

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

  /** Places promised to blocks that have none yet. */
  get promised(): number {
    return this.#promised;
  }

  /** Places for something new: what neither lies anywhere, nor is promised, nor kept. */
  get #unpromised(): number {
    let held = 0;
    for (const holder of this.#holders) held += holder.held;
    return this.#space.free + held - this.#promised - keptBlocks;
  }

  addHolder(holder: PlaceHolder): void {
    this.#holders.add(holder);
  }

  /** Whether so many places can be promised, or used for something new, without growing. */
  has(blocks: number): boolean {
    return this.#unpromised >= blocks;
  }

  /** Promise so many places: until they are taken nothing else takes them. @throws NoSpaceError, DriveStoppedError */
  async promise(blocks: number): Promise<void> {
    while (!this.has(blocks)) await this.#grow();
    this.#promised += blocks;
  }

  /** The same, whether there are that many or not. */
  promiseAgain(blocks: number): void {
    this.#promised += blocks;
  }

  /** So many promised places were taken, or are not wanted any more. */
  unpromise(blocks: number): void {
    this.#promised -= blocks;
    if (this.#promised < 0) throw new RangeError('More places were taken than were promised.');
  }

  /**
   * Places for runs of the given lengths, side by side when there is room so that they go out in one write.
   * @throws NoSpaceError when the file cannot grow, DriveStoppedError when growing it failed otherwise.
   */
  async allocate(blocks: readonly number[]): Promise<number[]> {
    const total = blocks.reduce((sum, count) => sum + count, 0);
    for (let isGathered = false; ; ) {
      const places = this.has(total) ? this.#tryAllocate(blocks) : undefined;
      if (places !== undefined) {
        this.#growAhead();
        return places;
      }
      if (isGathered) throw this.#health.full();
      try {
        await this.#grow();
      } catch (error) {
        passFull(error);
        await this.#gather(() => this.has(total));
        isGathered = true;
      }
    }
  }

  /** Whether there are places that nothing lies at, whoever holds them, and more than those that are left to parity. */
  get hasSome(): boolean {
    return this.#unpromised + this.#promised + keptBlocks > keptForParity;
  }

  /**
   * Up to `count` single places for what has one promised, or has one already; `left` of them to others. On a drive that is
   * full a few at a time, since others need some too, and none ahead of need.
   * @throws NoSpaceError when there is not one
   */
  async take(count: number, left: number, urgency: 'needed' | 'ahead'): Promise<number[]> {
    for (;;) {
      const mayGrow = performance.now() - this.#fullAtMs > growAgainMs;
      const there = this.#space.free - left;
      const isFull = there < count && !mayGrow;
      if (isFull && urgency === 'ahead') throw this.#health.full();
      if (there >= count || (there > 0 && isFull)) {
        const most = isFull ? placesWhenFull : count;
        const singles = Array.from({ length: Math.min(most, there) }, () => 1);
        this.#growAhead();
        return this.#tryAllocate(singles)!;
      }
      if (mayGrow) await this.#grow().catch(passFull);
      else await this.#gather(() => this.#space.free > left);
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

  /** Have those who hold places without need give them back. @throws NoSpaceError when that is not enough. */
  async #gather(isEnough: () => boolean): Promise<void> {
    // Not in the middle of what one of them is doing.
    await setImmediate();
    this.#health.assertRunning();
    for (const holder of this.#holders) holder.giveBack();
    if (!isEnough()) throw this.#health.full();
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
      .catch((error: unknown) => {
        this.#fullAtMs = performance.now();
        throw error;
      })
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
    const wanted = this.#unpromised < this.#file.extentBlocks / 4 && performance.now() - this.#fullAtMs > growAgainMs;
    if (wanted && this.#file.canGrow && this.#growing === undefined) void this.#grow().catch(() => undefined);
  }
}

/** A full drive is no failure of who can do with less. */
function passFull(error: unknown): void {
  if (!(error instanceof NoSpaceError)) throw error;
}
