import type { EffectSink, Handle } from '@holdfast/kernel';

/** Place of a page in its file, from 0. */
export type PageNumber = number;

/** Who is asked: the metadata server, or a data server by its number from 1. */
export type ServerNumber = number;

export const metadataServer: ServerNumber = 0;
export const noServer: ServerNumber = -1;

/** No content: a page that is to be forgotten. */
export const noContent: Handle = 0;

/**
 * The states of a page that is not clean, after the page-sync state model (seed 000; Halevy, Connectathon 2009). A page
 * without an entry is CLEAN. `Decide` of the model is no place to rest: it is a function, asked whenever a page leaves
 * CLIENT_DIRTY.
 *
 * Until it is clean the only certain copy of a page is the one in the client's memory.
 */
export const pageStatuses = [
  'CLIENT_DIRTY',
  'UPDATE_LAYOUT',
  'WRITE_LD',
  'DS_DIRTY',
  'COMMITTING',
  'LAYOUT_DIRTY',
  'LAYOUT_COMMITTING',
  'WRITE_MDS',
  'MDS_DIRTY',
  'MDS_COMMITTING',
  'ERROR',
] as const;
export type PageStatus = (typeof pageStatuses)[number];

/** How far a page is to go: nowhere yet, out of memory (memory pressure), or to where it can be forgotten (fsync, close). */
export type PageGoal = 'rest' | 'written' | 'stable';

export interface Page {
  status: PageStatus;
  /** What the application wrote last; {@link noContent} once it was cut off by a truncation. */
  content: Handle;
  /** What the server of the present states was given. Differs from `content` when the application wrote meanwhile. */
  sent: Handle;
  /** The server that has `sent`. */
  server: ServerNumber;
  /** The write verifier that came with it. */
  verifier: number;
  /** The outstanding WRITE, 0 for none. */
  request: number;
  goal: PageGoal;
  /** Written under a byte-range lock: not to be written any more once the lock is lost. */
  locked: boolean;
  /** A server that was sent a WRITE and never said what became of it: it may still carry it out. */
  unsettled: ServerNumber;
  /** The flush that was newest when `sent` was sent. */
  sentAt: number;
  /** The oldest and the newest flush that wait for this page, 0 for none. */
  wantedSince: number;
  wantedBy: number;
  /** Whether it is in the queue of those to be written; follows from the queue. */
  isReady: boolean;
}

/** `held`: in use. `giving-up`: not used any more, to be returned once nothing depends on it. */
export type LayoutStatus = 'none' | 'getting' | 'held' | 'giving-up' | 'returning';

export interface Layout {
  status: LayoutStatus;
  /** Names the layout that is held; grows with every one granted. */
  generation: number;
  /** The outstanding LAYOUTGET or LAYOUTRETURN. */
  request: number;
  /** LAYOUTGET is not tried for a while. */
  suspended: boolean;
  /** LAYOUTGET is not tried until the file leaves memory. */
  failed: boolean;
  /** Layouts given up so far because a data server failed. */
  errors: number;
}

/** A COMMIT on its way. */
export interface Commit {
  readonly server: ServerNumber;
  readonly request: number;
  /** Times it was told to try again. */
  retries: number;
}

export interface Flush {
  readonly call: number;
  readonly mark: number;
}

export interface Truncation {
  readonly call: number;
  /** The first page that goes. */
  readonly from: PageNumber;
  /** The outstanding SETATTR, 0 while something of the pages is still on its way. */
  request: number;
}

/** One file as its client sees it. */
export interface PageSyncState {
  /** The pages that are not clean. */
  readonly pages: Map<PageNumber, Page>;
  /** Those that are to be written and are not yet, in order of their turn. */
  readonly ready: PageNumber[];
  /** Where the queue begins: what is before it has had its turn. */
  readyFrom: number;
  readonly layout: Layout;
  commits: Commit[];
  /** The outstanding LAYOUTCOMMIT, 0 for none. */
  layoutCommit: number;
  flushes: Flush[];
  /** Number of the newest flush. */
  mark: number;
  /** Pages that failed and were written again, or cut off, before a flush could say so. */
  failures: number;
  truncation: Truncation | undefined;
  /** Grows when the client's lease was lost and it began anew. */
  lease: number;
  /** The metadata server asked for patience: nothing is written there until a timer ends. */
  resting: boolean;
  /** The last request id given out. */
  request: number;
  /** Outstanding WRITEs at each server, and pages it holds that are not stable; both follow from the pages. */
  readonly writing: number[];
  readonly unstable: number[];
  /** Pages whose `wantedSince` is the flush; follows from the pages. */
  readonly waiting: Map<number, number>;
}

/** How stable a WRITE is when it is answered (RFC 8881, 18.32.3). */
export type Stability = 'UNSTABLE' | 'DATA_SYNC' | 'FILE_SYNC';

/** Why LAYOUTGET was refused: try later, never for this file, or no room on the device. */
export type LayoutRefusal = 'later' | 'unavailable' | 'no-space';

/** `fenced`: the server takes nothing of this layout or lease any more. */
export type WriteFailure = 'transient' | 'fenced' | 'permanent';

export type PageRequest =
  | {
      readonly type: 'WRITE';
      readonly request: number;
      readonly page: PageNumber;
      readonly content: Handle;
      /** The layout it is done under; 0 at the metadata server. */
      readonly layout: number;
      readonly lease: number;
    }
  | { readonly type: 'COMMIT'; readonly request: number }
  | { readonly type: 'LAYOUTGET'; readonly request: number }
  /** `end`: one above the highest page written (last_write_offset of RFC 8881, 18.42). */
  | { readonly type: 'LAYOUTCOMMIT'; readonly request: number; readonly end: number; readonly lease: number }
  /** With its answer nothing written under the layout is carried out any more. */
  | { readonly type: 'LAYOUTRETURN'; readonly request: number; readonly layout: number }
  | { readonly type: 'SETATTR'; readonly request: number; readonly pages: number };

export type PageAnswer =
  | {
      readonly type: 'WRITTEN';
      readonly request: number;
      readonly page: PageNumber;
      readonly how: Stability;
      readonly verifier: number;
    }
  | { readonly type: 'WRITE_FAILED'; readonly request: number; readonly page: PageNumber; readonly why: WriteFailure }
  | { readonly type: 'COMMITTED'; readonly request: number; readonly verifier: number }
  /** `again`: the server asks for patience. */
  | { readonly type: 'COMMIT_FAILED'; readonly request: number; readonly again: boolean }
  | { readonly type: 'LAYOUT'; readonly request: number; readonly generation: number }
  | { readonly type: 'LAYOUT_REFUSED'; readonly request: number; readonly why: LayoutRefusal }
  | { readonly type: 'LAYOUT_COMMITTED'; readonly request: number }
  /** `again`: the server asks for patience; else it does not know the layout any more. */
  | { readonly type: 'LAYOUT_COMMIT_FAILED'; readonly request: number; readonly again: boolean }
  | { readonly type: 'LAYOUT_RETURNED'; readonly request: number }
  | { readonly type: 'ATTRIBUTES_SET'; readonly request: number };

export type PageSyncEvent =
  /** The application wrote a page. */
  | { readonly type: 'write'; readonly page: PageNumber; readonly content: Handle; readonly locked: boolean }
  /** Memory is short: write the page, it need not become stable yet. */
  | { readonly type: 'write-back'; readonly page: PageNumber }
  /** fsync, close, unlock: answered once everything written so far is stable, or has failed. */
  | { readonly type: 'flush'; readonly call: number }
  /** Cut the file off at page `from`: answered once it is. One at a time. */
  | { readonly type: 'truncate'; readonly call: number; readonly from: PageNumber }
  | { readonly type: 'answer'; readonly from: ServerNumber; readonly answer: PageAnswer }
  /** The connection broke: what was outstanding there gets no answer, and may still be carried out. */
  | { readonly type: 'server-lost'; readonly server: ServerNumber }
  /** The metadata server wants the layout back (CB_LAYOUTRECALL). */
  | { readonly type: 'recall' }
  /** The lease ran out; the client began anew as `lease`. Nothing sent before is carried out any more. */
  | { readonly type: 'lease-lost'; readonly lease: number }
  | { readonly type: 'timer'; readonly timer: number };

/** Answer to a flush: pages that could not be written; they are forgotten with this answer. */
export interface FlushResult {
  readonly failures: number;
}

/**
 * `clean`, `failed`: the page's bytes need not be kept any more: they are stable, or were given up with an error that a
 * flush will report. `overtaken`: what was sent last is stable, and the application wrote the page anew since.
 */
export type PageNotice = { readonly type: 'clean' | 'failed' | 'overtaken'; readonly page: PageNumber };

/** Which data server has which page: runs of `pages` pages, turn by turn in the order of `servers`. */
export interface Stripes {
  readonly pages: number;
  readonly servers: readonly ServerNumber[];
}

export type PageSyncSink = EffectSink<PageRequest, FlushResult, PageNotice>;

export const suspendTimer = 0;
export const restTimer = 1;
