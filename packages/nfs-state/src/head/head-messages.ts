import { z } from 'zod';
import type { LeaseMessage } from '../kernel/lease-types.ts';
import type { HeadMessage } from '../kernel/log-types.ts';
import type { Delta } from '../kernel/state-types.ts';
import { batchBytesMax, messagePieceBytes } from '../limits.ts';
import { fromText, toText } from '../log/plain-text.ts';
import { LogBatchForm, LogRecordForm } from '../log/record-form.ts';
import type { BatchPlace } from '../log/segment-log.ts';

const count = z.int().min(0);
const epoch = count;

const HeadMessageForm = z.discriminatedUnion('type', [
  z.object({ type: z.literal('JOIN'), epoch, life: count }),
  z.object({ type: z.literal('WELCOME'), epoch, life: count, durable: count, settled: count, next: count }),
  z.object({ type: z.literal('PROPOSE'), epoch, record: LogRecordForm, compares: z.array(z.string()), seen: count }),
  z.object({ type: z.literal('REFUSE'), epoch, proposal: count, by: count }),
  z.object({ type: z.literal('BATCH'), batch: LogBatchForm }),
  z.object({ type: z.literal('HEARD'), epoch, index: count }),
  z.object({ type: z.literal('PROGRESS'), epoch, durable: count, settled: count }),
  z.object({ type: z.literal('ASK'), epoch, question: count }),
  z.object({ type: z.literal('TOLD'), epoch, question: count }),
]);

const client = z.string();

const LeaseMessageForm = z.discriminatedUnion('type', [
  z.object({ type: z.literal('PROPOSE'), client, round: count }),
  z.object({ type: z.literal('LEFT'), client, round: count, left: count }),
]);

const PlaceForm = z.object({ gfid: z.string(), number: count, offset: count });

const PeerWordForm = z.union([
  HeadMessageForm,
  /** A follower is there; `at` is of its own clock, and comes back. */
  z.object({ type: z.literal('TOUCH'), epoch, at: z.number() }),
  /** `place`: where a late batch of the log lies. */
  z.object({ type: z.literal('TOUCHED'), epoch, at: z.number(), place: PlaceForm.optional() }),
  /** The heads that serve, or may. */
  z.object({ type: z.literal('SERVING'), epoch, heads: z.array(count) }),
  z.object({ type: z.literal('LEASES'), message: LeaseMessageForm }),
  /** Changes from memory to memory. */
  z.object({ type: z.literal('CHANGES'), changes: z.array(z.looseObject({ type: z.string() })) }),
]);

/** What heads say to each other. */
export type PeerWord =
  | HeadMessage
  | { readonly type: 'TOUCH'; readonly epoch: number; readonly at: number }
  | { readonly type: 'TOUCHED'; readonly epoch: number; readonly at: number; readonly place?: BatchPlace | undefined }
  | { readonly type: 'SERVING'; readonly epoch: number; readonly heads: readonly number[] }
  | { readonly type: 'LEASES'; readonly message: LeaseMessage }
  | { readonly type: 'CHANGES'; readonly changes: readonly Delta[] };

/** A word as pieces of one frame each; the first byte says whether more follow. */
export function* piecesOf(word: PeerWord): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(toText(word));
  for (let at = 0; at < bytes.length; at += messagePieceBytes) {
    const part = bytes.subarray(at, at + messagePieceBytes);
    const piece = new Uint8Array(part.length + 1);
    piece[0] = at + part.length < bytes.length ? 1 : 0;
    piece.set(part, 1);
    yield piece;
  }
}

/** Puts pieces together again. */
export class WordReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @throws SyntaxError, ZodError, RangeError for what no head says */
  take(piece: Uint8Array): PeerWord | undefined {
    this.#parts.push(piece.subarray(1));
    this.#bytes += piece.length;
    if (this.#bytes > 2 * batchBytesMax) throw new RangeError('A head sends a word without end.');
    if (piece[0] === 1) return undefined;
    const text = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#bytes = 0;
    return PeerWordForm.parse(fromText(text)) as PeerWord;
  }
}
