import type { Handle } from '@holdfast/kernel';
import type { PagePool } from '@holdfast/runtime';
import { pageOfHandle } from './page-handles.ts';

/** Pages of ours that the state of a kernel names. What it names no more is given back. */
export class HeldPages {
  readonly #pages: PagePool;
  readonly #held = new Set<Handle>();

  constructor(pages: PagePool) {
    this.#pages = pages;
  }

  get size(): number {
    return this.#held.size;
  }

  /** 0 is no page. */
  hold(handle: Handle): void {
    if (handle !== 0) this.#held.add(handle);
  }

  /** Another one answers for the page from now on; false when it was not held here. */
  handOver(handle: Handle): boolean {
    return this.#held.delete(handle);
  }

  letGo(handle: Handle): void {
    if (this.#held.delete(handle)) this.#pages.give(pageOfHandle(handle));
  }

  /** Let go of all but these. */
  keep(wanted: ReadonlySet<Handle>): void {
    for (const handle of [...this.#held]) if (!wanted.has(handle)) this.letGo(handle);
  }

  close(): void {
    this.keep(new Set());
  }
}
