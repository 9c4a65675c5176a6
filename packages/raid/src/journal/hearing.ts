import type { Peer } from '../kernel/journal.ts';
import type { BlockName } from '../kernel/named-table.ts';
import type { ResyncState } from '../kernel/resync-state.ts';
import type { LayoutRecord } from '../store/journal-record.ts';
import { paritiesOfRow, rowOfBlock } from './object-members.ts';

/** What a data IOM that was away has heard of what changed meanwhile: the parity IOMs keep the marks. */
export class Hearing {
  readonly #state: () => ResyncState;
  readonly #peers: readonly Peer[];
  readonly #layout: (gfid: number) => LayoutRecord | undefined;

  constructor(state: () => ResyncState, peers: readonly Peer[], layout: (gfid: number) => LayoutRecord | undefined) {
    this.#state = state;
    this.#peers = peers;
    this.#layout = layout;
  }

  /** Whether it is known if the block changed. */
  isHeard(name: BlockName): boolean {
    return this.#paritiesOf(name).every((peer) => this.#partner(peer)?.heard ?? true);
  }

  /** Whether that is not known, and whoever could tell is lost. */
  isUnknowable(name: BlockName): boolean {
    return this.#paritiesOf(name).some((peer) => this.#partner(peer)?.heard === false && this.#partner(peer)?.out);
  }

  /** Whether it is known of all blocks of an object. */
  isAllHeard(gfid: number): boolean {
    return this.#layout(gfid)?.span.every((peer) => this.#partner(peer)?.heard ?? true) ?? true;
  }

  #partner(peer: Peer) {
    return this.#state().partners[this.#peers.indexOf(peer)];
  }

  /** None of an object that has no part here: it has no block here either. */
  #paritiesOf({ gfid, lblk }: BlockName): readonly Peer[] {
    const layout = this.#layout(gfid);
    return layout === undefined ? [] : paritiesOfRow(layout, rowOfBlock(layout, lblk));
  }
}
