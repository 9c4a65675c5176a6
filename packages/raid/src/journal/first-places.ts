import { NoSpaceError } from '../errors.ts';
import { noAddress, type Peer, parityPeers } from '../kernel/journal.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { Reservations } from './reservations.ts';

/** The row of a block, and who has its parity. */
export interface RowOfWrite {
  readonly gfid: number;
  readonly group: number;
  readonly parity: Peer;
  readonly second?: Peer;
}

/** A write of a block that has no place yet. */
export interface FirstWrite extends RowOfWrite {
  readonly lblk: number;
  readonly client: number;
  readonly request: number;
}

/** Asks a parity IOM for a promise of a place for the parity of a row; false when it has none. */
export type AskRowPlace = (peer: Peer, gfid: number, group: number) => Promise<boolean>;

/**
 * Places for blocks that have none yet: promised here and at the parity IOMs of their rows before a write of one begins, so
 * that a drive that is full refuses the write, and never stops it half-way.
 */
export class FirstPlaces {
  readonly #store: BlockStore;
  readonly #reservations: Reservations;
  readonly #ask: AskRowPlace;
  /** Writes that have a place promised which they have not taken yet. */
  readonly #promised = new Set<string>();

  constructor(store: BlockStore, reservations: Reservations, ask: AskRowPlace) {
    this.#store = store;
    this.#reservations = reservations;
    this.#ask = ask;
  }

  /** @throws NoSpaceError, DriveStoppedError */
  async promise(write: FirstWrite): Promise<void> {
    const { gfid, lblk, group } = write;
    // A place that is reserved is promised since then.
    if (!this.#store.journaled.isReserved(gfid, lblk) && !this.#promised.has(keyOf(write))) {
      await this.#store.promise(1);
      this.#promised.add(keyOf(write));
    }
    try {
      const answers = await Promise.all(parityPeers(write).map((peer) => this.#ask(peer, gfid, group)));
      if (answers.includes(false)) throw new NoSpaceError('that has the parity of the row');
    } catch (error) {
      this.over(write);
      throw error;
    }
  }

  /** The block of a write has its first place from now on. */
  taken(write: Pick<FirstWrite, 'gfid' | 'lblk' | 'client' | 'request'>): void {
    this.over(write);
    if (this.#store.journaled.isReserved(write.gfid, write.lblk)) this.#reservations.taken(write.gfid);
  }

  /** A block was written elsewhere while this member was away, and has a place here from now on. */
  restored({ gfid, lblk }: Pick<FirstWrite, 'gfid' | 'lblk'>): void {
    const { journaled } = this.#store;
    const isFirst = (journaled.data(gfid, lblk)?.address ?? noAddress) === noAddress;
    if (isFirst && journaled.isReserved(gfid, lblk)) this.#reservations.taken(gfid);
  }

  /** The write has its place, or ended without: nothing is promised for it any more. */
  over(write: Pick<FirstWrite, 'client' | 'request'>): void {
    if (this.#promised.delete(keyOf(write))) this.#store.unpromise(1);
  }
}

const keyOf = ({ client, request }: Pick<FirstWrite, 'client' | 'request'>): string => `${client}.${request}`;
