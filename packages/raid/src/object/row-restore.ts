import { setTimeout as pause } from 'node:timers/promises';
import { BlockUnavailableError, MemberLostError, ObjectLostError } from '../errors.ts';
import type { ReadOutcome } from '../iom/messages.ts';
import { blockBytes, rowAttemptsMax, rowPauseMs } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { type BlockPlace, blockPlace, rowBlocks } from './stripe.ts';

/** A block made from the rest of its row. */
export interface RestoredBlock {
  readonly bytes: Uint8Array;
  /** Which of its updates that is. */
  readonly seq: number;
}

/** Why a block of a row cannot be used. */
type Obstacle = 'down' | 'damaged';

/**
 * Makes a block from the rest of its row: the exclusive or of the other blocks and the parity. All of them must be of one
 * version: of each other block exactly that update that is merged into the parity.
 */
export class RowRestore {
  readonly #host: ObjectHost;

  constructor(host: ObjectHost) {
    this.#host = host;
  }

  /** @throws ObjectLostError when another part of the row is gone as well */
  async restore(record: ObjectRecord, lblk: number): Promise<RestoredBlock> {
    const place = blockPlace(record.geometry, record.span, lblk);
    for (let attempt = 0; attempt < rowAttemptsMax; attempt++) {
      if (attempt > 0) await pause(Math.min(attempt, rowPauseMs));
      const restored = await this.#attempt(record, place);
      if (restored !== undefined) return restored;
    }
    throw this.#lost(record, place, place.parity, 'damaged');
  }

  /** Undefined when a member of the row was written meanwhile. */
  async #attempt(record: ObjectRecord, place: BlockPlace): Promise<RestoredBlock | undefined> {
    const others = rowBlocks(record.geometry, place)
      .filter((_, slot) => slot !== place.slot)
      .map((lblk) => blockPlace(record.geometry, record.span, lblk));
    const { budget, pages } = this.#host;
    const taken = await budget.takeAll([place, ...others].map(() => 1));
    try {
      const [parityPage = 0, ...otherPages] = taken;
      const [parity, ...seqs] = await Promise.all([
        this.#readParity(record, place, parityPage),
        ...others.map((other, index) => this.#readBlock(record, place, other, otherPages[index]!)),
      ]);
      if (others.some(({ slot }, index) => (parity[slot] ?? 0) !== seqs[index])) return undefined;
      const bytes = pages.bytes(parityPage).slice();
      for (const page of otherPages) exclusiveOr(bytes, pages.bytes(page));
      return { bytes, seq: parity[place.slot] ?? 0 };
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
  }

  /** The version vector. */
  async #readParity(record: ObjectRecord, place: BlockPlace, page: number): Promise<readonly number[]> {
    const { gfid } = record;
    const groups = [{ group: place.group, page, generation: this.#host.pages.generation(page) }];
    const [answer] = await this.#ask(record, place, place.parity, (member) =>
      this.#host.members.ask(member, (iom, epoch) => iom.readParity({ epoch, gfid, groups })),
    );
    return this.#use(record, place, place.parity, page, answer).vv;
  }

  /** Its update. */
  async #readBlock(record: ObjectRecord, place: BlockPlace, other: BlockPlace, page: number): Promise<number> {
    const { gfid } = record;
    const blocks = [{ lblk: other.lblk, page, generation: this.#host.pages.generation(page) }];
    const [answer] = await this.#ask(record, place, other.data, (member) =>
      this.#host.members.ask(member, (iom, epoch) => iom.readBlocks({ epoch, gfid, client: 0, atLeast: 0, blocks })),
    );
    return this.#use(record, place, other.data, page, answer).seq;
  }

  async #ask<T>(record: ObjectRecord, place: BlockPlace, member: number, ask: (member: number) => Promise<T>) {
    if (!this.#host.members.live.has(member)) {
      throw this.#lost(record, place, member, 'down');
    }
    try {
      return await ask(member);
    } catch (error) {
      if (error instanceof MemberLostError) throw this.#lost(record, place, member, 'down');
      throw error;
    }
  }

  #use<Answer extends { readonly outcome: ReadOutcome }>(
    record: ObjectRecord,
    place: BlockPlace,
    member: number,
    page: number,
    answer: Answer | undefined,
  ): Answer {
    if (answer?.outcome === 'stale') {
      throw new BlockUnavailableError(printGfid(record.gfid), place.lblk, this.#host.name(member));
    }
    if (answer === undefined || answer.outcome === 'damaged') throw this.#lost(record, place, member, 'damaged');
    if (answer.outcome === 'hole') this.#host.pages.bytes(page).fill(0);
    return answer;
  }

  #lost(record: ObjectRecord, place: BlockPlace, member: number, why: Obstacle): ObjectLostError {
    const { data, lblk, group, slot } = place;
    const own = this.#host.members.live.has(data) ? 'damaged' : 'down';
    return new ObjectLostError(printGfid(record.gfid), [
      {
        group,
        start: lblk * blockBytes,
        bytes: blockBytes,
        slots: [
          { slot, node: this.#host.name(data), why: own },
          { slot: record.geometry.data, node: this.#host.name(member), why },
        ],
      },
    ]);
  }
}

/** `into` := into ^ other, both whole blocks. */
export function exclusiveOr(into: Uint8Array, other: Uint8Array): void {
  const a = new BigUint64Array(into.buffer, into.byteOffset, blockBytes / 8);
  const b = new BigUint64Array(other.buffer, other.byteOffset, blockBytes / 8);
  for (let index = 0; index < a.length; index++) a[index]! ^= b[index]!;
}
