import type { PagePool } from '@holdfast/runtime/service';
import { CacheFullError } from '../errors.ts';
import { dirtyShareMax, roomWaitersMax } from '../limits.ts';
import type { CachedPage, PageOwner } from './cached-page.ts';
import { type Frame, Frames } from './frames.ts';

/**
 * The memory all files of a cache share. A clean page goes when room is needed, the one not used longest first; when all
 * are dirty they are pushed out, and whoever needs room waits.
 */
export class PageMemory {
  readonly frames: Frames;
  readonly #budget: number;
  #oldest: CachedPage | undefined;
  #newest: CachedPage | undefined;
  #waiting: (() => void)[] = [];
  readonly #dirty = new Set<PageOwner>();
  #dirtyPages = 0;
  evictions = 0;

  constructor(pool: PagePool, budget: number) {
    this.#budget = budget;
    this.frames = new Frames(pool, budget);
  }

  /** A frame, or undefined when room has to be made first. */
  tryTake(): Frame | undefined {
    return this.frames.tryTake() ?? this.#evict();
  }

  /**
   * Resolves when a frame may be there: ask again.
   * @throws CacheFullError when `roomWaitersMax` wait, the signal's reason
   */
  async room(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === roomWaitersMax) throw new CacheFullError(roomWaitersMax);
    this.#push();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    signal?.throwIfAborted();
  }

  /** A page that was just used. */
  touch(page: CachedPage): void {
    if (!page.listed || page === this.#newest) return;
    this.#unlink(page);
    this.#link(page);
  }

  becameClean(page: CachedPage): void {
    if (!page.clean) this.#count(page.file, -1);
    page.clean = true;
    this.#link(page);
    this.wake();
  }

  becameDirty(page: CachedPage): void {
    this.#unlink(page);
    page.clean = false;
    this.#count(page.file, 1);
    if (this.#dirtyPages > this.#budget * dirtyShareMax) page.file.push();
  }

  /** The page is forgotten. */
  drop(page: CachedPage): void {
    this.#unlink(page);
    if (!page.clean) this.#count(page.file, -1);
    this.frames.give(page.frame);
    this.wake();
  }

  wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #push(): void {
    for (const file of this.#dirty) file.push();
  }

  #count(file: PageOwner, by: number): void {
    this.#dirtyPages += by;
    if (file.dirtyPages > 0) this.#dirty.add(file);
    else this.#dirty.delete(file);
  }

  #evict(): Frame | undefined {
    for (let page = this.#oldest; page !== undefined; page = page.newer) {
      if (page.frame.pins > 0) continue;
      this.#unlink(page);
      page.file.forget(page);
      this.frames.give(page.frame);
      this.evictions++;
      return this.frames.tryTake();
    }
    return undefined;
  }

  #link(page: CachedPage): void {
    if (page.listed) return;
    page.listed = true;
    page.older = this.#newest;
    page.newer = undefined;
    if (this.#newest === undefined) this.#oldest = page;
    else this.#newest.newer = page;
    this.#newest = page;
  }

  #unlink(page: CachedPage): void {
    if (!page.listed) return;
    page.listed = false;
    if (page.older === undefined) this.#oldest = page.newer;
    else page.older.newer = page.newer;
    if (page.newer === undefined) this.#newest = page.older;
    else page.newer.older = page.older;
    page.older = undefined;
    page.newer = undefined;
  }
}
