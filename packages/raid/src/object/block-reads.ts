import { MemberLostError, ObjectLostError } from '../errors.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blocksPerRequestMax, reroutesMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockPiece } from './block-pieces.ts';
import { blockRoute } from './block-routes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { RowRestore } from './row-restore.ts';
import { blockPlace } from './stripe.ts';

/** Reads pieces of blocks from where they lie, or makes them from the rest of their row. What was never written is zeros. */
export class BlockReads {
  readonly #host: ObjectHost;
  readonly #rows: RowRestore;

  constructor(host: ObjectHost) {
    this.#host = host;
    this.#rows = new RowRestore(host);
  }

  /** Fill `into` with the pieces. */
  async read(
    record: ObjectRecord,
    into: Uint8Array,
    pieces: readonly BlockPiece[],
    atLeast: Toughness,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let left = pieces;
    for (let attempt = 0; left.length > 0; attempt++) {
      signal?.throwIfAborted();
      const routed = left.map((piece) => ({ piece, route: blockRoute(this.#host, record, piece.lblk) }));
      const there = routed.filter(({ route }) => route.direct);
      const gone = routed.filter(({ route }) => !route.direct);
      const byMember = Map.groupBy(there, ({ route }) => route.place.data);
      const reads = [...byMember].flatMap(([member, all]) =>
        chunks(all).map((batch) => ({ member, batch: batch.map(({ piece }) => piece) })),
      );
      const answers = await Promise.allSettled([
        ...reads.map(({ member, batch }) => this.#fetch(record, member, batch, into, atLeast)),
        ...gone.map(({ piece }) => this.#restore(record, piece, into)),
      ]);
      for (const answer of answers) {
        if (answer.status === 'fulfilled') continue;
        if (!(answer.reason instanceof MemberLostError) || attempt === reroutesMax) throw answer.reason;
      }
      left = reads.filter((_, index) => answers[index]?.status === 'rejected').flatMap(({ batch }) => batch);
    }
  }

  async #fetch(
    record: ObjectRecord,
    member: number,
    batch: readonly BlockPiece[],
    into: Uint8Array,
    atLeast: Toughness,
  ): Promise<void> {
    const { members, pages, budget, client } = this.#host;
    const { gfid } = record;
    const taken = await budget.takeAll(batch.map(() => 1));
    const damaged: BlockPiece[] = [];
    const stale: BlockPiece[] = [];
    try {
      const blocks = batch.map(({ lblk }, index) => ({
        lblk,
        page: taken[index]!,
        generation: pages.generation(taken[index]!),
      }));
      const answers = await members.ask(member, (iom, epoch) =>
        iom.readBlocks({ epoch, gfid, client, atLeast, blocks }),
      );
      for (const [index, piece] of batch.entries()) {
        const { at, start, bytes } = piece;
        const outcome = answers[index]?.outcome ?? 'damaged';
        if (outcome === 'ok') into.set(pages.bytes(taken[index]!).subarray(start, start + bytes), at);
        if (outcome === 'hole') into.fill(0, at, at + bytes);
        if (outcome === 'damaged') damaged.push(piece);
        if (outcome === 'stale') stale.push(piece);
      }
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
    await Promise.all([
      ...damaged.map((piece) => this.#mend(record, member, piece, into)),
      // Its member restores it by and by.
      ...stale.map((piece) => this.#restore(record, piece, into)),
    ]);
  }

  async #restore(record: ObjectRecord, { lblk, at, start, bytes }: BlockPiece, into: Uint8Array): Promise<Uint8Array> {
    const restored = await this.#rows.restore(record, lblk).catch((error: unknown) => {
      if (error instanceof ObjectLostError) this.#host.watch?.gone(printGfid(record.gfid), error.lost);
      throw error;
    });
    into.set(restored.bytes.subarray(start, start + bytes), at);
    return restored.bytes;
  }

  /** Make a damaged block anew and have it written where it lies; what is read is right whether that succeeds or not. */
  async #mend(record: ObjectRecord, member: number, piece: BlockPiece, into: Uint8Array): Promise<void> {
    const content = await this.#restore(record, piece, into);
    const { members, pages, budget } = this.#host;
    const { gfid } = record;
    const [page = 0] = await budget.takeAll([1]);
    try {
      pages.bytes(page).set(content);
      const block = { lblk: piece.lblk, page, generation: pages.generation(page) };
      const isMended = await members
        .ask(member, (iom, epoch) => iom.mendBlock({ epoch, gfid, ...block }))
        .catch(() => false);
      const { group, slot } = blockPlace(record.geometry, record.span, piece.lblk);
      if (isMended) this.#host.watch?.mended(printGfid(gfid), group, slot, member);
    } finally {
      budget.give(page, 1);
    }
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / blocksPerRequestMax) }, (_, index) =>
    items.slice(index * blocksPerRequestMax, (index + 1) * blocksPerRequestMax),
  );
}
