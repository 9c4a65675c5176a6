import type { PageIndex } from '@holdfast/runtime';
import { BlockUnavailableError, MemberLostError, ObjectBusyError, WriteUnknownError } from '../errors.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blocksPerRequestMax, reroutesMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockPiece } from './block-pieces.ts';
import { type BlockRoute, blockRoute } from './block-routes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';

interface PieceWrite {
  readonly piece: BlockPiece;
  readonly request: number;
  state: 'not started' | 'unknown' | 'done';
}

/** Writes pieces of blocks where they belong, and again where they belong then when a member is lost on the way. */
export class BlockWrites {
  readonly #host: ObjectHost;
  readonly #record: () => ObjectRecord;

  constructor(host: ObjectHost, record: () => ObjectRecord) {
    this.#host = host;
    this.#record = record;
  }

  /**
   * @returns whether a copy of something written is missing.
   */
  async write(
    bytes: Uint8Array,
    pieces: readonly BlockPiece[],
    toughness: Toughness,
    signal: AbortSignal | undefined,
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
        const degraded = await this.#attempt(bytes, left, toughness, signal);
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
      printGfid(this.#record().gfid),
      { done: blocks('done'), unknown: blocks('unknown'), notStarted: blocks('not started') },
      failure,
    );
  }

  /** Undefined when some have to be sent again. */
  async #attempt(
    bytes: Uint8Array,
    writes: readonly PieceWrite[],
    toughness: Toughness,
    signal: AbortSignal | undefined,
  ): Promise<boolean | undefined> {
    const record = this.#record();
    const routed = writes.map((write) => ({ write, route: blockRoute(this.#host, record, write.piece.lblk) }));
    const byMember = Map.groupBy(routed, ({ route }) => this.#target(record, route));
    const batches = [...byMember].flatMap(([member, all]) => chunks(all).map((batch) => ({ member, batch })));
    const sent = batches.map(({ member, batch }) => this.#send(record, member, batch, bytes, toughness));
    const answers = await untilAborted(Promise.allSettled(sent), signal);
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    const final = failures.find((failure) => !(failure instanceof MemberLostError));
    if (final !== undefined) throw final;
    return failures.length > 0 ? undefined : routed.some(({ route }) => route.degraded);
  }

  #target(record: ObjectRecord, { place, direct }: BlockRoute): number {
    if (!direct) {
      throw new BlockUnavailableError(printGfid(record.gfid), place.lblk, this.#host.name(place.data));
    }
    return place.data;
  }

  async #send(
    { gfid }: ObjectRecord,
    member: number,
    batch: readonly { readonly write: PieceWrite; readonly route: BlockRoute }[],
    bytes: Uint8Array,
    toughness: Toughness,
  ): Promise<void> {
    const { members, budget, client, name } = this.#host;
    const taken = await budget.takeAll(batch.map(() => 1));
    try {
      const writes = batch.map(({ write: { piece, request }, route }, index) =>
        this.#message(piece, request, route, bytes, taken[index]!),
      );
      for (const { write } of batch) write.state = 'unknown';
      const outcomes = await members.ask(member, (iom, epoch) =>
        iom.writeBlocks({ epoch, gfid, client, toughness, writes }),
      );
      for (const [index, { write }] of batch.entries()) {
        write.state = outcomes[index] === 'done' ? 'done' : 'not started';
      }
      if (outcomes.includes('busy')) throw new ObjectBusyError(name(member));
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
  }

  #message(piece: BlockPiece, request: number, { place, parity }: BlockRoute, bytes: Uint8Array, page: PageIndex) {
    const { pages } = this.#host;
    pages.bytes(page).set(bytes.subarray(piece.at, piece.at + piece.bytes), piece.start);
    const { lblk, group, slot } = place;
    const { start, bytes: length } = piece;
    return { lblk, group, slot, parity, request, start, bytes: length, page, generation: pages.generation(page) };
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
