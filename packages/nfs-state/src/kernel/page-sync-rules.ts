import {
  metadataServer,
  noServer,
  type Page,
  type PageNumber,
  type PageStatus,
  type PageSyncState,
  type ServerNumber,
  type Stability,
  type WriteFailure,
} from './page-sync-types.ts';

/**
 * The decisions that make the page-sync kernel right, by name. Production code runs {@link pageSyncRules}; the seeded
 * bugs of the verification suite each replace one, and every one of them must be caught.
 */
export interface PageSyncRules {
  /** Whether what was committed is what was written: the server did not lose its memory in between. */
  isSameServer(written: number, committed: number): boolean;
  /** Whether an answer belongs to what is outstanding. */
  isAwaited(request: number, outstanding: number): boolean;
  /** Whether the answer to a WRITE at a data server leaves something to commit, or to tell the metadata server. */
  needsCommit(how: Stability): boolean;
  needsLayoutCommit(how: Stability): boolean;
  /** Whether a COMMIT or LAYOUTCOMMIT that was just answered spoke of a page in this state. */
  isCovered(status: PageStatus): boolean;
  isCoveredByLayoutCommit(status: PageStatus): boolean;
  /** Whether a page in this state is lost with the memory of its server, whichever COMMIT shows that it forgot. */
  isForgotten(status: PageStatus): boolean;
  /** What LAYOUTCOMMIT names for a page: one above it. */
  endOf(page: PageNumber): number;
  /** Whether a page may be forgotten: what is stable is what the application wrote last. */
  isCurrent(page: Page): boolean;
  /** Whether a flush takes a page in this state along. */
  isWanted(status: PageStatus): boolean;
  /** The flush that counts as newest when `sent` went out, known when it is answered. */
  sentAt(whenSent: number, whenAnswered: number): number;
  /** Whether a flush is satisfied by what was sent when `sentAt` was the newest flush. */
  satisfies(sentAt: number, flush: number): boolean;
  /** Whether a page that failed is reported although the application wrote it again. */
  remembersFailures(): boolean;
  /** Whether the error of a WRITE cannot be helped. */
  isPermanent(why: WriteFailure): boolean;
  /** Where pages are after their COMMIT failed for good, and whether a refused LAYOUTCOMMIT counts as done. */
  afterFailedCommit(): PageStatus;
  acceptsRefusal(): boolean;
  /** Whether a WRITE that nobody heard of again may still be carried out. */
  mayStillHappen(): boolean;
  /** Whether a page may be written to `server` although another server may still carry out an older WRITE of it. */
  maySwitch(page: Page, server: ServerNumber): boolean;
  /** Whether layouts may be asked for. */
  mayGetLayout(state: PageSyncState): boolean;
  /** Whether a layout is still needed by a page: for a write, or for data that is not stable or not known yet. */
  needsLayout(page: Page): boolean;
  /** Whether a recalled layout is used no more. */
  obeysRecall(): boolean;
  /** Whether a truncation waits for what is on its way to a page, and holds back what is newly written behind it. */
  holdsUpTruncation(page: Page): boolean;
  isHeldBack(page: PageNumber, from: PageNumber): boolean;
  /** Whether a page written under a lock is given up when the lease is lost. */
  dropsLocked(): boolean;
}

const needingLayout: ReadonlySet<PageStatus> = new Set([
  'WRITE_LD',
  'DS_DIRTY',
  'COMMITTING',
  'LAYOUT_DIRTY',
  'LAYOUT_COMMITTING',
]);

const unstable: ReadonlySet<PageStatus> = new Set(['DS_DIRTY', 'COMMITTING', 'MDS_DIRTY', 'MDS_COMMITTING']);

export const pageSyncRules: PageSyncRules = {
  isSameServer: (written, committed) => written === committed,
  isAwaited: (request, outstanding) => request === outstanding,
  needsCommit: (how) => how === 'UNSTABLE',
  needsLayoutCommit: (how) => how !== 'FILE_SYNC',
  isCovered: (status) => status === 'COMMITTING' || status === 'MDS_COMMITTING',
  isCoveredByLayoutCommit: (status) => status === 'LAYOUT_COMMITTING',
  isForgotten: (status) => unstable.has(status),
  endOf: (page) => page + 1,
  isCurrent: ({ content, sent }) => content === sent,
  isWanted: () => true,
  sentAt: (whenSent) => whenSent,
  satisfies: (sentAt, flush) => sentAt >= flush,
  remembersFailures: () => true,
  isPermanent: (why) => why === 'permanent',
  afterFailedCommit: () => 'CLIENT_DIRTY',
  acceptsRefusal: () => false,
  mayStillHappen: () => true,
  maySwitch: ({ unsettled }, server) => unsettled === noServer || unsettled === server,
  mayGetLayout: ({ layout }) => !layout.failed && !layout.suspended,
  needsLayout: ({ status }) => needingLayout.has(status),
  obeysRecall: () => true,
  holdsUpTruncation: ({ request, unsettled }) => request !== 0 || unsettled > metadataServer,
  isHeldBack: (page, from) => page >= from,
  dropsLocked: () => true,
};
