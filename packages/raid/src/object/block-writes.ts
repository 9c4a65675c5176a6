import { setTimeout as pause } from 'node:timers/promises';
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
import type { WriteBlocksAnswer } from '../iom/messages.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blockBytes, blocksPerRequestMax, viewPollMs, writeAttemptsMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockPiece } from './block-pieces.ts';
import type { BlockReads } from './block-reads.ts';
import { type BlockRoute, blockRoute } from './block-routes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { RowRestore } from './row-restore.ts';

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

interface RoutedWrite {
  readonly write: PieceWrite;
  readonly route: BlockRoute;
}

type Refusal = Exclude<WriteBlocksAnswer[number], 'done'>;

/** Thrown inside a write when another member is to be asked. */
class ElsewhereError extends Error {
  override readonly name = 'ElsewhereError';
}

/** Writes pieces of blocks where they belong, and again where they belong then when a member is lost on the way. */
export class BlockWrites {
  readonly #host: ObjectHost;
  readonly #reads: BlockReads;
  readonly #rows: RowRestore;

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
    for (let attempt = 0; attempt < writeAttemptsMax; attempt++) {
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
    // In the place of a member that is not there, the one with the parity of the row writes.
    const target = (route: BlockRoute) => `${route.direct} ${this.#target(route)}`;
    const batches =
      routed.length === 1 ? [routed] : [...Map.groupBy(routed, ({ route }) => target(route)).values()].flatMap(chunks);
    const sent = batches.map((batch) => this.#send(record, batch, bytes, terms));
    const answers = await untilAborted(allSettled(sent), terms.signal);
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    const isPassing = (failure: unknown) =>
      failure instanceof MemberLostError || failure instanceof ElsewhereError || isDamage(failure);
    const final = failures.find((failure) => !isPassing(failure));
    if (final !== undefined) throw final;
    // The view that this caller knows is not yet that of everyone, or not any more.
    if (failures.some((failure) => failure instanceof ElsewhereError)) await pause(viewPollMs);
    // Reading a damaged block writes it anew where it lies.
    if (failures.some(isDamage)) {
      const pieces = routed.map(({ write: { piece } }) => ({ ...piece, start: 0, bytes: blockBytes, at: 0 }));
      await this.#reads.read(record, new Uint8Array(blockBytes), pieces, 0, terms.signal);
    }
    return failures.length > 0 ? undefined : routed.some(({ route }) => route.degraded);
  }

  async #send(
    record: ObjectRecord,
    batch: readonly RoutedWrite[],
    bytes: Uint8Array,
    { toughness, claim }: WriteTerms,
  ): Promise<void> {
    const { members, budget, client } = this.#host;
    const { gfid } = record;
    const { direct } = batch[0]!.route;
    const member = this.#target(batch[0]!.route);
    const needsOld = !direct && record.geometry.parity === 2;
    const counts = batch.map(() => 1);
    const taken = budget.tryTakeAll(counts) ?? (await budget.takeAll(counts));
    const olds = needsOld ? await budget.takeAll(counts) : [];
    try {
      const before = await Promise.all(olds.map((page, index) => this.#oldBlock(record, batch[index]!.route, page)));
      const writes = batch.map(({ write: { piece, request }, route }, index) => ({
        ...this.#message(piece, request, route, bytes, taken[index]!),
        ...(before[index] && { old: before[index] }),
      }));
      // One that was sent before and not answered may have been carried out, whatever is said to it now.
      const states = batch.map(({ write }) => write.state);
      for (const { write } of batch) write.state = 'unknown';
      const request = { gfid, client, claim, toughness, writes };
      const outcomes = await members.ask(member, (iom, epoch) =>
        direct ? iom.writeBlocks({ epoch, ...request }) : iom.proxyWrites({ epoch, ...request }),
      );
      for (const [index, { write }] of batch.entries()) {
        write.state = outcomes[index] === 'done' ? 'done' : states[index]!;
      }
      const refused = outcomes.find((outcome) => outcome !== 'done');
      if (refused !== undefined) {
        const { route } = batch[outcomes.indexOf(refused)]!;
        throw this.#refusal(refused, gfid, member, route.place.lblk);
      }
    } finally {
      for (const page of [...taken, ...olds]) budget.give(page, 1);
    }
  }

  /** A block whose member is not there, as the rest of its row says it is, in a page of ours. */
  async #oldBlock(record: ObjectRecord, { place }: BlockRoute, page: PageIndex) {
    const { bytes, seq } = await this.#rows.restore(record, place.lblk);
    const { pages } = this.#host;
    pages.bytes(page).set(bytes);
    return { page, generation: pages.generation(page), seq };
  }

  /** Who carries a write out. */
  #target({ direct, place }: BlockRoute): number {
    if (direct) return place.data;
    const { live, returning } = this.#host.members;
    const there = place.parities.filter((member) => live.has(member));
    return there.find((member) => !returning.has(member)) ?? there[0] ?? place.data;
  }

  #refusal(refused: Refusal, gfid: number, member: number, lblk: number): Error {
    const node = this.#host.name(member);
    switch (refused) {
      case 'elsewhere':
        return new ElsewhereError();
      case 'busy':
        return new ObjectBusyError(node);
      case 'claimed':
        return new ClaimedError(printGfid(gfid));
      case 'full':
        return new NoSpaceError(`of ${node}, or that of the parity of its row,`);
      case 'damaged':
        return new BlockDamagedError(`of ${node}`, gfid, lblk);
    }
  }

  #message(piece: BlockPiece, request: number, { place }: BlockRoute, bytes: Uint8Array, page: PageIndex) {
    const { pages } = this.#host;
    pages.bytes(page).set(bytes.subarray(piece.at, piece.at + piece.bytes), piece.start);
    const { lblk, group, slot } = place;
    const { start, bytes: length } = piece;
    const parities = [...place.parities];
    return { lblk, group, slot, parities, request, start, bytes: length, page, generation: pages.generation(page) };
  }
}

const isDamage = (failure: unknown): boolean => codeOf(failure) === 'HF_BLOCK_DAMAGED';

/** One alone, which most writes of a block are, takes a third of the promises. */
async function allSettled(work: readonly Promise<void>[]): Promise<PromiseSettledResult<void>[]> {
  if (work.length !== 1) return Promise.allSettled(work);
  try {
    return [{ status: 'fulfilled', value: await work[0] }];
  } catch (reason) {
    return [{ status: 'rejected', reason }];
  }
}

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
