import { BlockUnavailableError, MemberLostError, ObjectLostError } from '../errors.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blockBytes, blocksPerRequestMax, reroutesMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockPiece } from './block-pieces.ts';
import { type BlockRoute, blockRoute } from './block-routes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';

/** Reads pieces of blocks from where they lie. What was never written is zeros. */
export class BlockReads {
  readonly #host: ObjectHost;
  readonly #record: () => ObjectRecord;

  constructor(host: ObjectHost, record: () => ObjectRecord) {
    this.#host = host;
    this.#record = record;
  }

  /** Fill `into`, which is all zeros. */
  async read(
    into: Uint8Array,
    pieces: readonly BlockPiece[],
    atLeast: Toughness,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let left = pieces;
    for (let attempt = 0; left.length > 0; attempt++) {
      signal?.throwIfAborted();
      const record = this.#record();
      const routed = left.map((piece) => ({ piece, route: blockRoute(this.#host, record, piece.lblk) }));
      const byMember = Map.groupBy(routed, ({ route }) => this.#target(record, route));
      const answers = await Promise.allSettled(
        [...byMember].flatMap(([member, all]) =>
          chunks(all.map(({ piece }) => piece)).map((batch) => this.#fetch(record, member, batch, into, atLeast)),
        ),
      );
      left = [];
      for (const answer of answers) {
        if (answer.status === 'fulfilled') left = [...left, ...answer.value];
        else if (!(answer.reason instanceof MemberLostError) || attempt === reroutesMax) throw answer.reason;
      }
      if (answers.some(({ status }) => status === 'rejected')) left = pieces;
    }
  }

  #target(record: ObjectRecord, { place, direct }: BlockRoute): number {
    if (!direct) throw new BlockUnavailableError(printGfid(record.gfid), place.lblk, this.#host.name(place.data));
    return place.data;
  }

  /** @returns the pieces that have to be restored from the rest of their group. */
  async #fetch(
    { gfid, key }: ObjectRecord,
    member: number,
    batch: readonly BlockPiece[],
    into: Uint8Array,
    atLeast: Toughness,
  ): Promise<BlockPiece[]> {
    const { members, pages, budget, client, name } = this.#host;
    const taken = await budget.takeAll(batch.map(() => 1));
    try {
      const blocks = batch.map(({ lblk }, index) => ({
        lblk,
        page: taken[index]!,
        generation: pages.generation(taken[index]!),
      }));
      const answers = await members.ask(member, (iom, epoch) =>
        iom.readBlocks({ epoch, gfid, client, atLeast, blocks }),
      );
      for (const [index, { outcome }] of answers.entries()) {
        const { at, start, bytes, lblk } = batch[index]!;
        if (outcome === 'ok') into.set(pages.bytes(taken[index]!).subarray(start, start + bytes), at);
        if (outcome === 'hole') into.fill(0, at, at + bytes);
        if (outcome === 'damaged') {
          const slots = [{ slot: 0, node: name(member), why: 'damaged' }];
          throw new ObjectLostError(key, [{ group: lblk, start: lblk * blockBytes, bytes: blockBytes, slots }]);
        }
      }
      return [];
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / blocksPerRequestMax) }, (_, index) =>
    items.slice(index * blocksPerRequestMax, (index + 1) * blocksPerRequestMax),
  );
}
