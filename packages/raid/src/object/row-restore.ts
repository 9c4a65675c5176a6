import { setTimeout as pause } from 'node:timers/promises';
import { BlockUnavailableError, ObjectLostError } from '../errors.ts';
import { rowAttemptsMax, rowPauseMs } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { type RowPart, RowParts } from './row-parts.ts';
import { type BlockPlace, blockPlace } from './stripe.ts';

/** A block made from the rest of its row. */
export interface RestoredBlock {
  readonly bytes: Uint8Array;
  /** Which of its updates that is. */
  readonly seq: number;
}

/**
 * Makes a block from the rest of its row, and as many parities as blocks are missing. All of them must be of one version:
 * of each other block exactly that update that is merged into each parity.
 */
export class RowRestore {
  readonly #host: ObjectHost;

  constructor(host: ObjectHost) {
    this.#host = host;
  }

  /** @throws ObjectLostError when more of the row is gone than parity covers; BlockUnavailableError until some is made again */
  async restore(record: ObjectRecord, lblk: number): Promise<RestoredBlock> {
    const place = blockPlace(record.geometry, record.span, lblk);
    for (let attempt = 0; attempt < rowAttemptsMax; attempt++) {
      if (attempt > 0) await pause(Math.min(attempt, rowPauseMs));
      const restored = await this.#attempt(record, place);
      if (restored !== undefined) return restored;
    }
    throw new BlockUnavailableError(printGfid(record.gfid), lblk, this.#host.name(place.data));
  }

  /** Undefined when a member of the row was written meanwhile. */
  async #attempt(record: ObjectRecord, place: BlockPlace): Promise<RestoredBlock | undefined> {
    const row = await RowParts.take(this.#host, record, place);
    try {
      const own = row.data[place.slot]!;
      own.failure = this.#host.members.live.has(own.member) ? 'damaged' : 'down';
      const others = row.data.filter((part) => part !== own);
      const [first, ...further] = this.#inOrder(row.parities);
      await Promise.all([...others, ...(first === undefined ? [] : [first])].map((part) => row.read(part)));
      const isRead = ({ failure }: RowPart) => failure === undefined;
      const missing = [own, ...others.filter((part) => !isRead(part))];
      for (const parity of further) {
        if (row.parities.filter(isRead).length >= missing.length) break;
        await row.read(parity);
      }
      const parities = row.parities.filter(isRead);
      if (parities.length < missing.length) throw this.#lost(record, row, own);
      if (!row.isOfOneVersion()) return undefined;
      const slots = missing.map(({ part }) => part);
      row.restore(parities.some(({ part }) => part === 'p') ? slots : [...slots, 'p']);
      return { bytes: row.bytes(own).slice(), seq: parities[0]!.versions[place.slot] ?? 0 };
    } finally {
      row.close();
    }
  }

  /** Those first that are there and up to date. */
  #inOrder(parities: readonly RowPart[]): RowPart[] {
    const { live, returning } = this.#host.members;
    const rank = ({ member }: RowPart) => (live.has(member) ? (returning.has(member) ? 1 : 0) : 2);
    return parities.toSorted((a, b) => rank(a) - rank(b));
  }

  #lost(record: ObjectRecord, row: RowParts, own: RowPart): Error {
    const gone = row.all.filter((part) => part !== own && part.failure !== undefined);
    const stale = gone.find(({ failure }) => failure === 'stale');
    if (stale !== undefined) {
      return new BlockUnavailableError(printGfid(record.gfid), own.lblk, this.#host.name(stale.member));
    }
    return new ObjectLostError(printGfid(record.gfid), [row.lost(own, gone)]);
  }
}
