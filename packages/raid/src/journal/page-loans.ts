import type { Handle } from '@holdfast/kernel';
import type { PagePool } from '@holdfast/runtime';
import { pageOfHandle } from './page-handles.ts';

/** Pages of ours that another member copies: each stays what it is until that one says so, or is gone. */
export class PageLoans {
  readonly #pages: PagePool;
  readonly #lent = new Map<number, Set<number>>();

  constructor(pages: PagePool) {
    this.#pages = pages;
  }

  lend(to: number, handle: Handle): void {
    this.#lent.set(to, (this.#lent.get(to) ?? new Set()).add(pageOfHandle(handle)));
  }

  returned(by: number, page: number): void {
    if (this.#lent.get(by)?.delete(page) === true) this.#pages.give(page);
  }

  /** Whoever still copies one holds it, and nothing is made of what it copied. */
  ended(by: number): void {
    for (const page of this.#lent.get(by) ?? []) this.#pages.give(page);
    this.#lent.delete(by);
  }

  close(): void {
    for (const by of [...this.#lent.keys()]) this.ended(by);
  }
}
