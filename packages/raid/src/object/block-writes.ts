import type { PageIndex } from '@holdfast/runtime';
import { codeOf } from '../array/membership.ts';
import {
  BlockDamagedError,
  ClaimedError,
  MemberLostError,
  NoSpaceError,
  ObjectBusyError,
  WriteUnknownError,
} from '../errors.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blockBytes, blocksPerRequestMax, reroutesMax, rowAttemptsMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockPiece } from './block-pieces.ts';
import type { BlockReads } from './block-reads.ts';
import { type BlockRoute, blockRoute } from './block-routes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { exclusiveOr, RowRestore } from './row-restore.ts';

/** How a caller wants its write done. */
export interface WriteTerms {
  readonly toughness: Toughness;
  /** Its claim on the object; 0: none. */
  readonly claim: number;
  readonly signal: AbortSignal | undefined;
}

interface PieceWrite {
  readonly piece: BlockPiece;
  readonly request: number;
  state: 'not started' | 'unknown' | 'done';
}

/** Writes pieces of blocks where they belong, and again where they belong then when a member is lost on the way. */
export class BlockWrites {
  readonly #host: ObjectHost;
  readonly #rows: RowRestore;
  readonly #reads: BlockReads;

  constructor(host: ObjectHost, reads: BlockReads) {
    this.#host = host;
    this.#reads = reads;
    this.#rows = new RowRestore(host);
  }

  /**
   * @param claim of the caller on the object; 0: none
   * @returns whether a copy of something written is missing.
   */
  async write(
    record: ObjectRecord,
    bytes: Uint8Array,
    pieces: readonly BlockPiece[],
    { toughness, claim, signal }: WriteTerms,
  ): Promise<boolean> {
    const writes = pieces.map(
      (piece): PieceWrite => ({
        piece,
        request: this.#host.nextRequest(),
        state: 'not started',
      }),
    );
    const { members } = this.#host;
    let failure: unknown;
    for (let attempt = 0; attempt < reroutesMax; attempt++) {
      try {
        await members.steady();
        signal?.throwIfAborted();
        members.assertWritable();
        const left = writes.filter(({ state }) => state !== 'done');
        const degraded = await this.#attempt(record, bytes, left, { toughness, claim, signal });
        if (degraded !== undefined) return degraded;
      } catch (error) {
        failure = error;
        break;
      }
    }
    if (writes.every(({ state }) => state === 'not started') && failure !== undefined) throw failure;
    const blocks = (wanted: PieceWrite['state']) =>
      writes.filter(({ state }) => state === wanted).map(({ piece }) => piece.lblk);
    throw new WriteUnknownError(
      printGfid(record.gfid),
      { done: blocks('done'), unknown: blocks('unknown'), notStarted: blocks('not started') },
      failure,
    );
  }

  /** Undefined when some have to be sent again. */
  async #attempt(
    record: ObjectRecord,
    bytes: Uint8Array,
    writes: readonly PieceWrite[],
    terms: WriteTerms,
  ): Promise<boolean | undefined> {
    const routed = writes.map((write) => ({ write, route: blockRoute(this.#host, record, write.piece.lblk) }));
    const there = routed.filter(({ route }) => route.direct);
    const gone = routed.filter(({ route }) => !route.direct);
    const byMember = Map.groupBy(there, ({ route }) => route.place.data);
    const batches = [...byMember].flatMap(([member, all]) => chunks(all).map((batch) => ({ member, batch })));
    const sent = [
      ...batches.map(({ member, batch }) => this.#send(record, member, batch, bytes, terms)),
      ...gone.map(({ write, route }) => this.#sendToProxy(record, write, route, bytes, terms)),
    ];
    const answers = await untilAborted(Promise.allSettled(sent), terms.signal);
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    const final = failures.find((failure) => !(failure instanceof MemberLostError || isDamage(failure)));
    if (final !== undefined) throw final;
    // Reading a damaged block writes it anew where it lies.
    if (failures.some(isDamage)) {
      const pieces = there.map(({ write: { piece } }) => ({ ...piece, start: 0, bytes: blockBytes, at: 0 }));
      await this.#reads.read(record, new Uint8Array(blockBytes), pieces, 0, terms.signal);
    }
    return failures.length > 0 ? undefined : routed.some(({ route }) => route.degraded);
  }

  async #send(
    { gfid }: ObjectRecord,
    member: number,
    batch: readonly { readonly write: PieceWrite; readonly route: BlockRoute }[],
    bytes: Uint8Array,
    { toughness, claim }: WriteTerms,
  ): Promise<void> {
    const { members, budget, client } = this.#host;
    const taken = await budget.takeAll(batch.map(() => 1));
    try {
      const writes = batch.map(({ write: { piece, request }, route }, index) =>
        this.#message(piece, request, route, bytes, taken[index]!),
      );
      for (const { write } of batch) write.state = 'unknown';
      const outcomes = await members.ask(member, (iom, epoch) =>
        iom.writeBlocks({ epoch, gfid, client, claim, toughness, writes }),
      );
      for (const [index, { write }] of batch.entries()) {
        write.state = outcomes[index] === 'done' ? 'done' : 'not started';
      }
      const refused = outcomes.find((outcome) => outcome !== 'done');
      if (refused !== undefined) {
        const { route } = batch[outcomes.indexOf(refused)]!;
        throw this.#refusal(refused, gfid, member, route.place.lblk);
      }
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
  }

  #refusal(refused: 'busy' | 'claimed' | 'full' | 'damaged', gfid: number, member: number, lblk: number): Error {
    const node = this.#host.name(member);
    switch (refused) {
      case 'busy':
        return new ObjectBusyError(node);
      case 'claimed':
        return new ClaimedError(printGfid(gfid));
      case 'full':
        return new NoSpaceError(`of ${node}`);
      case 'damaged':
        return new BlockDamagedError(`of ${node}`, gfid, lblk);
    }
  }

  /**
   * Write a block whose member is not there: its parity takes in the difference to what the block is by the rest of its
   * row. When somebody else wrote it meanwhile, that is found again.
   */
  async #sendToProxy(
    record: ObjectRecord,
    write: PieceWrite,
    { place }: BlockRoute,
    bytes: Uint8Array,
    { toughness, claim }: WriteTerms,
  ): Promise<void> {
    const { members, pages, budget, client } = this.#host;
    const { gfid } = record;
    const { piece, request } = write;
    const { lblk, group, slot, data: member } = place;
    for (let attempt = 0; attempt < rowAttemptsMax; attempt++) {
      const old = await this.#rows.restore(record, lblk);
      const difference = old.bytes.slice();
      difference.set(bytes.subarray(piece.at, piece.at + piece.bytes), piece.start);
      exclusiveOr(difference, old.bytes);
      const [page = 0] = await budget.takeAll([1]);
      try {
        pages.bytes(page).set(difference);
        const { seq } = old;
        const writes = [{ lblk, group, slot, member, seq, request, page, generation: pages.generation(page) }];
        write.state = 'unknown';
        const [outcome] = await members.ask(place.parity, (iom, epoch) =>
          iom.proxyWrites({ epoch, gfid, client, claim, toughness, writes }),
        );
        write.state = outcome === 'done' ? 'done' : 'not started';
        if (outcome === 'done') return;
        if (outcome === 'claimed') throw new ClaimedError(printGfid(gfid));
      } finally {
        budget.give(page, 1);
      }
    }
    throw new ObjectBusyError(this.#host.name(place.parity));
  }

  #message(piece: BlockPiece, request: number, { place, parity }: BlockRoute, bytes: Uint8Array, page: PageIndex) {
    const { pages } = this.#host;
    pages.bytes(page).set(bytes.subarray(piece.at, piece.at + piece.bytes), piece.start);
    const { lblk, group, slot } = place;
    const { start, bytes: length } = piece;
    return { lblk, group, slot, parity, request, start, bytes: length, page, generation: pages.generation(page) };
  }
}

const isDamage = (failure: unknown): boolean => codeOf(failure) === 'HF_BLOCK_DAMAGED';

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / blocksPerRequestMax) }, (_, index) =>
    items.slice(index * blocksPerRequestMax, (index + 1) * blocksPerRequestMax),
  );
}

/** What was begun goes on after an abort; nobody waits for it any more. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
