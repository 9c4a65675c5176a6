import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { JournalId } from '../kernel/journal.ts';

/** A page of ours for each of some open updates: its difference. */
export class UpdatePages {
  readonly #pages: PagePool;
  readonly #of = new Map<JournalId, PageIndex>();

  constructor(pages: PagePool) {
    this.#pages = pages;
  }

  get size(): number {
    return this.#of.size;
  }

  /** In the place of the one that the update had. */
  keep(id: JournalId, page: PageIndex): void {
    if (this.#of.get(id) !== page) this.give(id);
    this.#of.set(id, page);
  }

  give(id: JournalId): void {
    const page = this.#of.get(id);
    if (page === undefined) return;
    this.#of.delete(id);
    this.#pages.give(page);
  }

  /** Give those of all other updates back. */
  keepOnly(isOpen: (id: JournalId) => boolean): void {
    for (const id of [...this.#of.keys()]) if (!isOpen(id)) this.give(id);
  }

  close(): void {
    this.keepOnly(() => false);
  }
}
