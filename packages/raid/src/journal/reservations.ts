import { noAddress } from '../kernel/journal.ts';
import type { GroupName } from '../kernel/named-table.ts';
import { type BlockRanges, coversBlock } from '../store/block-ranges.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { LayoutRecord } from '../store/journal-record.ts';
import { membersOfRow, paritiesOfRow } from './object-members.ts';

/** What is under way and the map does not have yet: blocks and rows that have their first place. */
export interface OpenPlaces {
  blocks(gfid: number): readonly number[];
  groups(gfid: number): readonly number[];
}

/**
 * Ranges of objects whose writes cannot fail for space: of each the blocks and rows that lie on this drive and have no place
 * yet are promised one, from the record on, also in later lives.
 */
export class Reservations {
  readonly #store: BlockStore;
  readonly #open: OpenPlaces;
  /** Places that are promised for an object. */
  readonly #promised = new Map<number, number>();

  constructor(store: BlockStore, open: OpenPlaces) {
    this.#store = store;
    this.#open = open;
  }

  /** Promise again what the log says is reserved. */
  restore(): void {
    for (const { gfid, ranges } of this.#store.journaled.reserves()) {
      const unplaced = this.#unplaced(gfid, ranges);
      this.#promised.set(gfid, unplaced);
      this.#store.promiseAgain(unplaced);
    }
  }

  /**
   * Have these ranges of an object reserved and no others: durable when this resolves.
   * @returns the version that is known afterwards: higher, when there is a newer one
   * @throws NoSpaceError: nothing has changed
   */
  async set(gfid: number, version: number, ranges: BlockRanges): Promise<number> {
    const { journaled } = this.#store;
    if (version <= (journaled.reserve(gfid)?.version ?? 0)) return journaled.reserve(gfid)!.version;
    await this.#promise(gfid, ranges);
    await this.#store.journal({ type: 'reserve', gfid, version, ranges }, 0);
    return journaled.reserve(gfid)?.version ?? version;
  }

  /** A block or row of a reserved range has its place. */
  taken(gfid: number): void {
    const promised = this.#promised.get(gfid) ?? 0;
    if (promised === 0) return;
    this.#promised.set(gfid, promised - 1);
    this.#store.unpromise(1);
  }

  /** An object is gone. */
  drop(gfid: number): void {
    this.#store.unpromise(this.#promised.get(gfid) ?? 0);
    this.#promised.delete(gfid);
  }

  async #promise(gfid: number, ranges: BlockRanges): Promise<void> {
    const wanted = this.#unplaced(gfid, ranges);
    const more = wanted - (this.#promised.get(gfid) ?? 0);
    if (more > 0) await this.#store.promise(more);
    else this.#store.unpromise(-more);
    this.#promised.set(gfid, (this.#promised.get(gfid) ?? 0) + more);
  }

  /** Blocks of ranges, and rows of them, that belong here and lie nowhere yet. */
  #unplaced(gfid: number, ranges: BlockRanges): number {
    const layout = this.#store.journaled.layout(gfid);
    if (layout === undefined) return 0;
    const blocks = new Set(this.#open.blocks(gfid));
    const groups = new Set(this.#open.groups(gfid));
    const { journaled, identity } = this.#store;
    let unplaced = 0;
    for (const { group } of rowsOf(layout, ranges)) {
      for (const { peer, lblk } of membersOfRow(layout, group)) {
        if (peer !== identity.member || blocks.has(lblk) || !coversBlock(ranges, lblk)) continue;
        if ((journaled.data(gfid, lblk)?.address ?? noAddress) === noAddress) unplaced++;
      }
      if (!paritiesOfRow(layout, group).includes(identity.member) || groups.has(group)) continue;
      if ((journaled.parity(gfid, group)?.address ?? noAddress) === noAddress) unplaced++;
    }
    return unplaced;
  }
}

/** Every row that has a block in the ranges, once. */
function* rowsOf(layout: LayoutRecord, ranges: BlockRanges): Generator<GroupName> {
  const { gfid, data, unitBlocks } = layout;
  const whole = data * unitBlocks;
  let next = 0;
  for (const { from, to } of ranges) {
    const first = Math.max(next, Math.floor(from / whole) * unitBlocks);
    const end = (Math.floor((to - 1) / whole) + 1) * unitBlocks;
    for (let group = first; group < end; group++) {
      const isInside = membersOfRow(layout, group).some(({ lblk }) => coversBlock(ranges, lblk));
      if (isInside) yield { gfid, group };
    }
    next = Math.max(next, end);
  }
}

/** Whether a block of a row is reserved: then its parity is too. */
export function isRowReserved(layout: LayoutRecord | undefined, ranges: BlockRanges, group: number): boolean {
  if (layout === undefined || ranges.length === 0) return false;
  return membersOfRow(layout, group).some(({ lblk }) => coversBlock(ranges, lblk));
}
