import { z } from 'zod';
import type { LeaseMessage } from '../kernel/lease-types.ts';
import type { HeadMessage } from '../kernel/log-types.ts';
import type { Delta } from '../kernel/state-types.ts';
import { batchBytesMax, messagePieceBytes } from '../limits.ts';
import { batchFrame, readFrame } from '../log/batch-frame.ts';
import { fromCompact, withCompact } from '../log/compact-form.ts';
import { LogRecordForm } from '../log/record-form.ts';
import type { BatchPlace } from '../log/segment-log.ts';

const count = z.int().min(0);
const epoch = count;

const HeadMessageForm = z.discriminatedUnion('type', [
  z.object({ type: z.literal('JOIN'), epoch, life: count }),
  z.object({ type: z.literal('WELCOME'), epoch, life: count, durable: count, settled: count, next: count }),
  z.object({ type: z.literal('PROPOSE'), epoch, record: LogRecordForm, compares: z.array(z.string()), seen: count }),
  z.object({ type: z.literal('REFUSE'), epoch, proposal: count, by: count }),
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

/** What the first byte of a piece says: whether it is the last of a word, and whether the word is a batch as it lies in the log. */
const isLast = 1;
const isBatch = 2;

/** A word as pieces of one frame of the channel each. */
export function piecesOf(word: PeerWord): Uint8Array[] {
  return word.type === 'BATCH' ? cut(batchFrame(word.batch), isBatch) : withCompact(word, (bytes) => cut(bytes, 0));
}

function cut(bytes: Uint8Array, kind: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += messagePieceBytes) {
    const part = bytes.subarray(at, at + messagePieceBytes);
    const piece = new Uint8Array(part.length + 1);
    piece[0] = kind | (at + part.length < bytes.length ? 0 : isLast);
    piece.set(part, 1);
    pieces.push(piece);
  }
  return pieces;
}

/** Puts pieces together again. */
export class WordReader {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @throws SyntaxError, ZodError, RangeError, CodecError for what no head says */
  take(piece: Uint8Array): PeerWord | undefined {
    const kind = piece[0] ?? 0;
    this.#parts.push(piece.subarray(1));
    this.#bytes += piece.length;
    if (this.#bytes > 2 * batchBytesMax) throw new RangeError('A head sends a word without end.');
    if ((kind & isLast) === 0) return undefined;
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if ((kind & isBatch) === 0) return PeerWordForm.parse(fromCompact(bytes)) as PeerWord;
    const found = readFrame(bytes);
    if (found.kind !== 'batch') throw new RangeError(`A head sends a batch that is ${found.kind}.`);
    return { type: 'BATCH', batch: found.batch };
  }
}
