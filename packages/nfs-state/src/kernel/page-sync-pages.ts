import type { Handle } from '@holdfast/kernel';
import type { PageSyncEnv } from './page-sync-env.ts';
import {
  noServer,
  type Page,
  type PageNumber,
  type PageStatus,
  type PageSyncSink,
  type PageSyncState,
  type ServerNumber,
} from './page-sync-types.ts';

export const newPage = (content: Handle, locked: boolean): Page => ({
  status: 'CLIENT_DIRTY',
  content,
  sent: 0,
  server: noServer,
  verifier: 0,
  request: 0,
  goal: 'rest',
  locked,
  unsettled: noServer,
  sentAt: 0,
  wantedSince: 0,
  wantedBy: 0,
  isReady: false,
});

/** The data server that has page `page`. */
export const dataServerOf = (page: PageNumber, { stripes: { pages, servers } }: PageSyncEnv): ServerNumber =>
  servers[Math.floor(page / pages) % servers.length]!;

/** Whether what a server holds of the page is not stable yet. */
export const isUnstable = (status: PageStatus): boolean => status === 'DS_DIRTY' || status === 'MDS_DIRTY';

/** A server has what the page was sent. */
export function becomeUnstable(state: PageSyncState, page: Page): void {
  page.status = page.status === 'WRITE_LD' ? 'DS_DIRTY' : 'MDS_DIRTY';
  state.unstable[page.server]!++;
}

/** What a server has of the page is being made stable. */
export function becomeCommitting(state: PageSyncState, page: Page): void {
  state.unstable[page.server]!--;
  page.status = page.status === 'DS_DIRTY' ? 'COMMITTING' : 'MDS_COMMITTING';
}

/** Whatever a server did with the page does not count any more. */
function leaveServer(state: PageSyncState, page: Page): void {
  settleWrite(state, page);
  if (isUnstable(page.status)) state.unstable[page.server]!--;
}

/** The outstanding WRITE of the page, if any, is over. */
export function settleWrite(state: PageSyncState, page: Page): void {
  if (page.request === 0) return;
  page.request = 0;
  state.writing[page.server]!--;
}

/** All that `page` was at a server is void: back to the client's copy. */
export function makeDirty(state: PageSyncState, number: PageNumber, page: Page): void {
  leaveServer(state, page);
  page.status = 'CLIENT_DIRTY';
  page.server = noServer;
  page.verifier = 0;
  page.sent = 0;
  page.sentAt = 0;
  if (page.goal !== 'rest') becomeReady(state, number, page);
}

/** The page is to be written when its turn comes. */
export function becomeReady(state: PageSyncState, number: PageNumber, page: Page): void {
  if (page.isReady) return;
  page.isReady = true;
  state.ready.push(number);
}

function leaveQueue(state: PageSyncState, number: PageNumber, page: Page): void {
  if (!page.isReady) return;
  page.isReady = false;
  state.ready.splice(state.ready.indexOf(number, state.readyFrom), 1);
}

/** Take `page` into a flush. */
export function want(state: PageSyncState, number: PageNumber, page: Page, flush: number): void {
  page.goal = 'stable';
  if (page.status === 'CLIENT_DIRTY') becomeReady(state, number, page);
  page.wantedBy = flush;
  if (page.wantedSince === 0) setWantedSince(state, page, flush);
}

/** What was sent when `sentAt` was the newest flush is stable: older flushes wait for this page no more. */
export function meet(state: PageSyncState, page: Page, env: PageSyncEnv): void {
  if (page.wantedBy === 0) return;
  if (env.rules.satisfies(page.sentAt, page.wantedBy)) {
    setWantedSince(state, page, 0);
    page.wantedBy = 0;
  } else if (page.sentAt >= page.wantedSince) {
    setWantedSince(state, page, page.sentAt + 1);
  }
}

function setWantedSince(state: PageSyncState, page: Page, flush: number): void {
  const { waiting } = state;
  if (page.wantedSince !== 0) {
    const left = waiting.get(page.wantedSince)! - 1;
    if (left === 0) waiting.delete(page.wantedSince);
    else waiting.set(page.wantedSince, left);
  }
  page.wantedSince = flush;
  if (flush !== 0) waiting.set(flush, (waiting.get(flush) ?? 0) + 1);
}

/** Nothing is left to do for the page: it is clean, or was given up. */
export function forget(state: PageSyncState, number: PageNumber, page: Page): void {
  leaveServer(state, page);
  if (page.wantedBy !== 0) setWantedSince(state, page, 0);
  leaveQueue(state, number, page);
  state.pages.delete(number);
}

/** The page cannot be written. It stays, and is not written any more, until a flush has reported it. */
export function fail(state: PageSyncState, number: PageNumber, page: Page, out: PageSyncSink): void {
  leaveServer(state, page);
  if (page.wantedBy !== 0) setWantedSince(state, page, 0);
  page.wantedBy = 0;
  page.status = 'ERROR';
  page.server = noServer;
  page.verifier = 0;
  page.sent = 0;
  page.sentAt = 0;
  page.unsettled = noServer;
  page.goal = 'rest';
  leaveQueue(state, number, page);
  out.deliver({ type: 'failed', page: number });
}

/** What `page` was sent is stable, and the metadata server knows of it. */
export function becomeStable(
  state: PageSyncState,
  number: PageNumber,
  page: Page,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  page.unsettled = noServer;
  if (env.rules.isCurrent(page)) {
    forget(state, number, page);
    out.deliver({ type: 'clean', page: number });
    return;
  }
  meet(state, page, env);
  out.deliver({ type: 'overtaken', page: number });
  if (page.wantedBy === 0) page.goal = 'rest';
  makeDirty(state, number, page);
}
