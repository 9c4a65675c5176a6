import type { Address, EndEntry, JournalId, PjEntry } from '../kernel/journal.ts';
import type { ParityBlock } from '../kernel/parity-state.ts';
import { apply } from '../kernel/parity-update.ts';

/**
 * A parity block and those of its journal entries that a restart has to read again. Which of its open updates count
 * depends on what came between them, ended or not, so entries stay until none is open, or until all before them ended in
 * order.
 */
export class ParityHistory {
  /** Before {@link entries}. */
  #base: ParityBlock;
  /** After all that ended. */
  readonly #current: ParityBlock;
  #entries: (PjEntry | EndEntry)[] = [];
  readonly #open = new Map<JournalId, PjEntry>();
  /** Each entry so far was ended by its completion, the oldest first. */
  #inOrder = true;

  constructor(block: ParityBlock) {
    this.#base = copyOf(block);
    this.#current = copyOf(block);
  }

  get base(): ParityBlock {
    return this.#base;
  }

  get current(): ParityBlock {
    return this.#current;
  }

  get entries(): readonly (PjEntry | EndEntry)[] {
    return this.#entries;
  }

  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Addresses in use. */
  *addresses(): Generator<Address> {
    yield this.#current.address;
    for (const { newAddress } of this.#open.values()) yield newAddress;
  }

  /** @returns the entry that this one takes the place of. */
  begin(entry: PjEntry): PjEntry | undefined {
    const isSame = (other: PjEntry) => other.from === entry.from && other.mj.mj === entry.mj.mj;
    const replaced = [...this.#open.values()].find(isSame);
    if (replaced !== undefined) {
      this.#open.delete(replaced.pj);
      if (replaced.pj !== entry.pj) this.#inOrder = false;
    }
    this.#open.set(entry.pj, entry);
    this.#entries.push(entry);
    return replaced;
  }

  end(end: EndEntry): void {
    const entry = this.#open.get(end.id);
    if (entry === undefined) return;
    this.#open.delete(end.id);
    if (end.type === 'pj_complete') apply(this.#current, entry);
    if (this.#open.size === 0) {
      this.#entries = [];
      this.#base = copyOf(this.#current);
      this.#inOrder = true;
    } else if (this.#inOrder && end.type === 'pj_complete' && this.#entries[0] === entry) {
      this.#entries.shift();
      apply(this.#base, entry);
    } else {
      this.#inOrder = false;
      this.#entries.push(end);
    }
  }
}

const copyOf = (block: ParityBlock): ParityBlock => ({ ...block, vv: [...block.vv] });
