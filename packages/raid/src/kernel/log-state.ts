import type { Decoder, EffectSink, Encoder, Handle } from '@holdfast/kernel';

/** Number of a batch: 1, 2, 3 and so on over the whole life of a drive. */
export type Lsn = number;

/** What the log of a drive leads to: cnodes and bitmap, as a handle. */
export type Image = Handle;

/** The first thing read of a drive; two slots are written in turn. */
export interface LogSuperblock {
  readonly generation: number;
  /** The first batch that is not in the checkpoint. */
  readonly tail: Lsn;
  /** Checksum of the batch before the tail. */
  readonly chain: number;
}

/** Cnodes and bitmap as of one moment; two slots, that of superblock generation g is g mod 2. */
export interface Checkpoint {
  readonly generation: number;
  readonly image: Image;
}

/** A batch is more than one sector, so that it can be torn: a head that names the checksum of the whole, and a body. */
export interface BatchHead {
  readonly lsn: Lsn;
  /** Checksum of the batch before. */
  readonly previous: number;
  readonly checksum: number;
}

export interface BatchBody {
  readonly entries: readonly Handle[];
}

/** A place on the drive, one sector each. Heads and bodies are a ring: batch n lies at slot n mod its length. */
export interface Place {
  readonly area: 'superblock' | 'checkpoint' | 'head' | 'body';
  readonly slot: number;
}

export type Content = LogSuperblock | Checkpoint | BatchHead | BatchBody;

/** Everything on a drive; what is unreadable, torn or was never written is undefined. */
export interface DriveContents {
  readonly superblocks: readonly (LogSuperblock | undefined)[];
  readonly checkpoints: readonly (Checkpoint | undefined)[];
  readonly heads: readonly (BatchHead | undefined)[];
  readonly bodies: readonly (BatchBody | undefined)[];
}

export type LogOp = 'batch' | 'checkpoint';

export type LogRequest =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly op: LogOp; readonly place: Place; readonly content: Content }
  /** Make what was written durable. */
  | { readonly type: 'flush'; readonly op: LogOp };

export type LogEvent =
  | { readonly type: 'start' }
  | { readonly type: 'contents'; readonly contents: DriveContents }
  | { readonly type: 'append'; readonly call: number; readonly entry: Handle }
  | { readonly type: 'written'; readonly op: LogOp }
  | { readonly type: 'flushed'; readonly op: LogOp };

export interface LogEnv {
  /** Batches the ring holds. */
  readonly ringBatches: number;
  readonly entriesPerBatchMax: number;
  /** What an entry makes of an image. */
  fold(image: Image, entry: Handle): Image;
  checksum(head: Omit<BatchHead, 'checksum'>, body: BatchBody): number;
  readonly rules: LogRules;
}

/** The decisions that make the log right; the seeded bugs each replace one. */
export interface LogRules {
  /** Whether an answer waits for the flush. */
  answersAfterFlush(): boolean;
  /** Batches that may be in the ring, of how many it holds. */
  capacity(ringBatches: number): number;
  /** Whether the superblock that names a checkpoint is written only after the checkpoint was flushed. */
  checkpointsFirst(): boolean;
  /** Whether the tail moves only after the superblock that names it was flushed. */
  trimsAfterSuperblock(): boolean;
  /** The slot of a superblock or checkpoint of that generation. */
  slotOf(generation: number): number;
  /** Whether a checkpoint holds durable entries only (law L3). */
  savesDurable(): boolean;
  /** Whether a batch is held against its checksum. */
  checksBatch(): boolean;
  /** Whether an unreadable batch with a later one behind it is told from a torn end. */
  looksAhead(): boolean;
}

export const logRules: LogRules = {
  answersAfterFlush: () => true,
  capacity: (ringBatches) => ringBatches,
  checkpointsFirst: () => true,
  trimsAfterSuperblock: () => true,
  slotOf: (generation) => generation % 2,
  savesDurable: () => true,
  checksBatch: () => true,
  looksAhead: () => true,
};

export interface Appended {
  readonly call: number;
  readonly entry: Handle;
}

/** A batch on its way: sectors still to be written, then the flush. */
export interface BatchUnderWay {
  readonly entries: readonly Appended[];
  readonly checksum: number;
  sectors: number;
}

/** A checkpoint on its way, then the superblock that names it. */
export interface CheckpointUnderWay {
  readonly lsn: Lsn;
  readonly chain: number;
  readonly image: Image;
  step: 'checkpoint' | 'superblock';
}

/**
 * - `reading`: nothing is known yet.
 * - `open`
 * - `damaged`: something that was durable is unreadable. Nothing is served: the other drives must make good for it.
 */
export const logPhases = ['reading', 'open', 'damaged'] as const;

export interface LogState {
  phase: (typeof logPhases)[number];
  generation: number;
  tail: Lsn;
  /** The next batch to be written. */
  head: Lsn;
  chain: number;
  image: Image;
  queue: Appended[];
  batch: BatchUnderWay | undefined;
  checkpoint: CheckpointUnderWay | undefined;
}

export type LogSink = EffectSink<never, 'durable', LogRequest>;

export const initialLog = (): LogState => ({
  phase: 'reading',
  generation: 0,
  tail: 1,
  head: 1,
  chain: 0,
  image: 0,
  queue: [],
  batch: undefined,
  checkpoint: undefined,
});

export function encodeLog(state: LogState, into: Encoder): void {
  into.uint(logPhases.indexOf(state.phase));
  into.uint(state.generation);
  into.uint(state.tail);
  into.uint(state.head);
  into.uint(state.chain);
  into.uint(state.image);
  into.list(state.queue, encodeAppended);
  into.list(state.batch === undefined ? [] : [state.batch], ({ entries, checksum, sectors }, to) => {
    to.list(entries, encodeAppended);
    to.uint(checksum);
    to.uint(sectors);
  });
  into.list(state.checkpoint === undefined ? [] : [state.checkpoint], ({ lsn, chain, image, step }, to) => {
    to.uint(lsn);
    to.uint(chain);
    to.uint(image);
    to.flag(step === 'superblock');
  });
}

export const decodeLog = (from: Decoder): LogState => ({
  phase: logPhases[from.uint()]!,
  generation: from.uint(),
  tail: from.uint(),
  head: from.uint(),
  chain: from.uint(),
  image: from.uint(),
  queue: from.list(decodeAppended),
  batch: from.list((each) => ({
    entries: each.list(decodeAppended),
    checksum: each.uint(),
    sectors: each.uint(),
  }))[0],
  checkpoint: from.list(
    (each): CheckpointUnderWay => ({
      lsn: each.uint(),
      chain: each.uint(),
      image: each.uint(),
      step: each.flag() ? 'superblock' : 'checkpoint',
    }),
  )[0],
});

function encodeAppended({ call, entry }: Appended, into: Encoder): void {
  into.uint(call);
  into.uint(entry);
}

const decodeAppended = (from: Decoder): Appended => ({ call: from.uint(), entry: from.uint() });
