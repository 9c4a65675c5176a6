import { NoSpaceError } from '../errors.ts';
import type { Peer } from '../kernel/journal.ts';
import { byGroup, type GroupName, type NameKey } from '../kernel/named-table.ts';
import { promisedRowsSwept } from '../limits.ts';
import type { BlockStore } from '../store/block-store.ts';
import { isRowReserved } from './reservations.ts';

interface PromisedRow extends GroupName {
  readonly peers: Set<Peer>;
}

/** Places that a parity IOM has promised to rows which have no parity yet, and whom. */
export class RowPromises {
  readonly #store: BlockStore;
  readonly #hasPlace: (row: GroupName) => boolean;
  readonly #rows = new Map<NameKey, PromisedRow>();
  #sweptAt = promisedRowsSwept;

  /** @param hasPlace whether the parity of a row lies somewhere */
  constructor(store: BlockStore, hasPlace: (row: GroupName) => boolean) {
    this.#store = store;
    this.#hasPlace = hasPlace;
  }

  /** Whether parity of the row has a place, now or when it needs one. */
  async promise(peer: Peer, row: GroupName): Promise<boolean> {
    if (this.#hasPlace(row) || this.#isReserved(row)) return true;
    const known = this.#rows.get(byGroup.key(row));
    if (known !== undefined) {
      known.peers.add(peer);
      return true;
    }
    if (this.#rows.size >= this.#sweptAt) this.#sweep();
    try {
      await this.#store.promise(1);
    } catch (error) {
      if (error instanceof NoSpaceError) return false;
      throw error;
    }
    // Another member of the row may have asked meanwhile.
    const now = this.#rows.get(byGroup.key(row));
    if (now !== undefined || this.#hasPlace(row)) this.#store.unpromise(1);
    if (now !== undefined) now.peers.add(peer);
    else if (!this.#hasPlace(row)) this.#rows.set(byGroup.key(row), { ...row, peers: new Set([peer]) });
    return true;
  }

  /** Parity of the row has its place. */
  taken(row: GroupName): void {
    if (this.#rows.delete(byGroup.key(row))) this.#store.unpromise(1);
  }

  /** A member of the row does not write it after all. */
  giveUp(peer: Peer, row: GroupName): void {
    const known = this.#rows.get(byGroup.key(row));
    if (known?.peers.delete(peer) === true && known.peers.size === 0) this.taken(row);
  }

  /** An object is gone. */
  removed(gfid: number): void {
    for (const row of [...this.#rows.values()]) if (row.gfid === gfid) this.taken(row);
  }

  #isReserved({ gfid, group }: GroupName): boolean {
    const { journaled } = this.#store;
    return isRowReserved(journaled.layout(gfid), journaled.reservedRanges(gfid), group);
  }

  /** A member is gone. */
  gone(peer: Peer): void {
    for (const row of [...this.#rows.values()]) this.giveUp(peer, row);
  }

  /** Rows may have got their place in other ways than by an update. */
  #sweep(): void {
    for (const row of [...this.#rows.values()]) if (this.#hasPlace(row)) this.taken(row);
    this.#sweptAt = Math.max(promisedRowsSwept, 2 * this.#rows.size);
  }
}
