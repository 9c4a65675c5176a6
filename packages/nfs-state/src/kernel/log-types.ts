import type { EffectSink } from '@holdfast/kernel';

/**
 * The log that heads share: one claimed appender writes it, every head applies it in order. What a head decides becomes a
 * *record*; it is appended only if nothing it was decided on was touched since, so that no two heads grant what excludes
 * the other.
 *
 * What is replicated is opaque to the log: an image, the operations asked of it, the changes they make and the answers.
 */
export type Image = unknown;
export type Asked = unknown;
export type Change = unknown;
export type Answer = unknown;

export type HeadNumber = number;
/** No head. */
export const nobody = -1;

/** Token of a claim: rises with every appender. 0 before the first. */
export type ClaimEpoch = number;
/** Number of a record in the log: 1, 2, 3 and so on. */
export type LogIndex = number;
/** Number of a batch in the log: 0, 1, 2 and so on. */
export type BatchNumber = number;

export interface LogRecord {
  readonly head: HeadNumber;
  /** Incarnation of that head, and the number it gave the proposal: one record is told from another by the three. */
  readonly life: number;
  readonly proposal: number;
  /** The oldest proposal of that life that was not answered yet. */
  readonly oldest: number;
  /** It takes a right away or excludes others: answered only once every head has heard of it or is fenced. */
  readonly takesAway: boolean;
  readonly touches: readonly string[];
  readonly change: Change;
}

export interface LogBatch {
  readonly epoch: ClaimEpoch;
  readonly number: BatchNumber;
  /** Index of its first record. The seal of a new appender has none. */
  readonly first: LogIndex;
  readonly records: readonly LogRecord[];
}

/** The image as of one index, and the batch that follows it. */
export interface LogSnapshot {
  readonly index: LogIndex;
  readonly next: BatchNumber;
  readonly image: unknown;
  readonly unsettled: readonly Unsettled[];
  readonly accepted: readonly Accepted[];
}

/** Proposals of a head that are in the log, as far back as it may still wait for them. */
export interface Accepted {
  readonly head: HeadNumber;
  readonly life: number;
  readonly numbers: readonly number[];
}

/** A record that takes a right away, and that some head may not have heard of: nothing is said that follows from it. */
export interface Unsettled {
  readonly index: LogIndex;
  readonly touches: readonly string[];
}

/** What was read: a batch whose checksum does not hold is `torn`, and nothing behind it counts. */
export interface LogContents {
  /** Where the log no longer reaches back to the batch asked for. */
  readonly snapshot: LogSnapshot | undefined;
  readonly batches: readonly (LogBatch | 'torn')[];
  /** It lies in many places: whoever appends from now on makes a snapshot of it soon. */
  readonly isScattered: boolean;
}

/** What an operation comes to on an image. */
export interface LogPlan {
  readonly answer: Answer;
  /** Undefined where nothing changes. */
  readonly change: Change | undefined;
  readonly takesAway: boolean;
  /** Keys it was decided on; {@link anything} where it may have been any. */
  readonly compares: readonly string[];
  readonly touches: readonly string[];
  /** Nothing changes, and an image that is behind could be the reason: ask the appender before this is said. */
  readonly mayBeBehind: boolean;
}

/** The key that every record touches. */
export const anything = '*';

export type HeadMessage =
  /** To the appender of that epoch: I want to follow, and serve nothing until I am welcome. */
  | { readonly type: 'JOIN'; readonly epoch: ClaimEpoch; readonly life: number }
  /** The log is durable up to `durable`, which is batch `next`; what follows will be sent. */
  | {
      readonly type: 'WELCOME';
      readonly epoch: ClaimEpoch;
      /** The life that joined. */
      readonly life: number;
      readonly durable: LogIndex;
      readonly settled: LogIndex;
      readonly next: BatchNumber;
    }
  | {
      readonly type: 'PROPOSE';
      readonly epoch: ClaimEpoch;
      readonly record: LogRecord;
      readonly compares: readonly string[];
      /** What the head had applied when it decided. */
      readonly seen: LogIndex;
    }
  /** Something it was decided on was touched by the record `by`: decide again once that is applied. */
  | { readonly type: 'REFUSE'; readonly epoch: ClaimEpoch; readonly proposal: number; readonly by: LogIndex }
  /** Being made durable at this moment. */
  | { readonly type: 'BATCH'; readonly batch: LogBatch }
  /** I have heard of everything up to `index`, and say nothing against it. */
  | { readonly type: 'HEARD'; readonly epoch: ClaimEpoch; readonly index: LogIndex }
  /** Durable; and settled: heard of by every head that is not fenced. */
  | { readonly type: 'PROGRESS'; readonly epoch: ClaimEpoch; readonly durable: LogIndex; readonly settled: LogIndex }
  /** Am I behind? What the appender had answered before is heard of before the answer. */
  | { readonly type: 'ASK'; readonly epoch: ClaimEpoch; readonly question: number }
  | { readonly type: 'TOLD'; readonly epoch: ClaimEpoch; readonly question: number };

/** What a head asks of the storage of the log; each but `trim` comes back as an event with the same epoch. */
export type LogRequest =
  /** Raise the claim. Once it is answered, nothing of an earlier epoch lands any more, and what can be read stays. */
  | { readonly type: 'claim'; readonly epoch: ClaimEpoch }
  | { readonly type: 'read'; readonly epoch: ClaimEpoch; readonly from: BatchNumber }
  | { readonly type: 'append'; readonly epoch: ClaimEpoch; readonly batch: LogBatch }
  /** A batch is durable, and whoever is answered may ask again: say when the next one may be closed. */
  | { readonly type: 'gather'; readonly epoch: ClaimEpoch; readonly answered: number }
  | { readonly type: 'save'; readonly epoch: ClaimEpoch; readonly snapshot: LogSnapshot }
  /** Forget what is before that batch. */
  | { readonly type: 'trim'; readonly epoch: ClaimEpoch; readonly before: BatchNumber };

export type LogEvent =
  /** A client asks. */
  | { readonly type: 'request'; readonly call: number; readonly asked: Asked }
  /** The coordination store says who appends. `others`: the heads that may be serving, itself left out. */
  | {
      readonly type: 'appointed';
      readonly epoch: ClaimEpoch;
      readonly head: HeadNumber;
      readonly others: readonly HeadNumber[];
    }
  /** This head's right to serve ran out: it was not in touch for too long. */
  | { readonly type: 'lapsed' }
  /**
   * That life of another head serves nothing: it is dead, or its right to serve has run out and it has not joined anew.
   * Of several lives the newest is meant, unless the head has joined.
   */
  | { readonly type: 'fenced'; readonly head: HeadNumber; readonly life: number }
  | { readonly type: 'message'; readonly from: HeadNumber; readonly message: HeadMessage }
  | { readonly type: 'claimed'; readonly epoch: ClaimEpoch }
  | { readonly type: 'contents'; readonly epoch: ClaimEpoch; readonly contents: LogContents }
  | { readonly type: 'appended'; readonly epoch: ClaimEpoch }
  | { readonly type: 'gathered'; readonly epoch: ClaimEpoch }
  | { readonly type: 'saved'; readonly epoch: ClaimEpoch; readonly next: BatchNumber }
  /** A higher claim is there, or the storage failed: whether an append under way landed is not known. */
  | { readonly type: 'storage-failed'; readonly epoch: ClaimEpoch };

/**
 * - `waiting`: to be planned once this head serves and nothing it is decided on is under way
 * - `proposed`: its record is on the way into the log
 * - `asking`: the appender is asked whether this head is behind
 */
export type RequestPhase = 'waiting' | 'proposed' | 'asking';

export interface Pending {
  readonly call: number;
  readonly asked: Asked;
  phase: RequestPhase;
  /** Of its proposal or question. */
  number: number;
  /** The epoch of the appender it was proposed to. */
  under: ClaimEpoch;
  /** Of its record; 0 until it is known. */
  index: LogIndex;
  /** It was refused because of this record. */
  after: LogIndex;
  /** What its record compares and touches. */
  keys: readonly string[];
  answer: Answer;
  /** The appender said that this head is not behind. */
  wasTold: boolean;
}

/**
 * - `following`: another head appends, or none
 * - `claiming`, `recovering`, `sealing`: on the way to be the appender
 * - `appending`
 */
export const logPhases = ['following', 'claiming', 'recovering', 'sealing', 'appending'] as const;
export type LogPhase = (typeof logPhases)[number];

/** What the appender knows of another head. */
export interface Follower {
  readonly head: HeadNumber;
  life: number;
  /** It follows, and is sent everything; before it is only waited for. */
  welcome: boolean;
  /** The last record it has heard of. */
  heard: LogIndex;
}

/** A head that wants to follow, heard of before this head appends. */
export interface Joining {
  readonly head: HeadNumber;
  readonly epoch: ClaimEpoch;
  readonly life: number;
}

export interface LogState {
  phase: LogPhase;
  epoch: ClaimEpoch;
  appender: HeadNumber;
  /** Whether anything may be answered here. */
  serving: boolean;
  /** The appender of `epoch` knows that this head follows. */
  welcome: boolean;
  image: Image;
  applied: LogIndex;
  /** The batch after the last one applied. */
  next: BatchNumber;
  /** Heard of, and not known to be durable; follows what is known to be durable. */
  staged: LogBatch[];
  durable: LogIndex;
  settled: LogIndex;
  /** Applied, and not known to be settled. */
  unsettled: Unsettled[];
  /** By number of head. */
  accepted: Accepted[];
  /** Outstanding reads, to catch up with the appender. */
  reading: number;
  pending: Pending[];
  /** The last number given to a proposal or question. */
  numbered: number;
  joining: Joining[];
  // The appender's.
  followers: Follower[];
  queue: LogRecord[];
  writing: boolean;
  /** What is accepted waits for more of it. */
  gathering: boolean;
  /** Index of the last record accepted. */
  tail: LogIndex;
  touched: Map<string, LogIndex>;
  /** Keys that are not in `touched` were not touched after this. */
  floor: LogIndex;
  snapshotAt: LogIndex;
  /** The log lies in many places, and is to be saved at the next record. */
  isScattered: boolean;
  saving: boolean;
}

export type LogSink = EffectSink<HeadMessage, Answer, LogRequest>;
