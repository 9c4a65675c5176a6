import { endCommit } from './page-sync-commits.ts';
import type { PageSyncEnv } from './page-sync-env.ts';
import { endLayout, stopWaitingForLayout } from './page-sync-layout.ts';
import { becomeReady, forget, makeDirty, newPage, want } from './page-sync-pages.ts';
import {
  metadataServer,
  noContent,
  noServer,
  type PageSyncEvent,
  type PageSyncSink,
  type PageSyncState,
  type ServerNumber,
} from './page-sync-types.ts';
import { nextRequest } from './page-sync-writes.ts';

type Call<Type extends PageSyncEvent['type']> = Extract<PageSyncEvent, { type: Type }>;

/** New content takes the place of the old at once; what a server is doing with the old goes on. */
export function applicationWrote(
  state: PageSyncState,
  { page: number, content, locked }: Call<'write'>,
  env: PageSyncEnv,
): void {
  const page = state.pages.get(number);
  if (page === undefined) {
    state.pages.set(number, newPage(content, locked));
    return;
  }
  page.content = content;
  page.locked = locked;
  if (page.status !== 'ERROR') return;
  page.status = 'CLIENT_DIRTY';
  if (env.rules.remembersFailures()) state.failures++;
}

/** Whether the page is ready now and was not before. */
export function writeBack(state: PageSyncState, { page: number }: Call<'write-back'>): boolean {
  const page = state.pages.get(number);
  if (page?.status !== 'CLIENT_DIRTY' || page.goal !== 'rest') return false;
  page.goal = 'written';
  const isNew = !page.isReady;
  becomeReady(state, number, page);
  return isNew;
}

/** Everything written so far is to become stable. */
export function flush(state: PageSyncState, { call }: Call<'flush'>, env: PageSyncEnv): void {
  const mark = ++state.mark;
  for (const [number, page] of state.pages) {
    const isLost = page.status === 'ERROR' || page.content === noContent;
    if (!isLost && env.rules.isWanted(page.status)) want(state, number, page, mark);
  }
  state.flushes.push({ call, mark });
}

/** Answer the flushes that nothing is missing of, in order. The first tells of all failures so far. */
export function answerFlushes(state: PageSyncState, out: PageSyncSink): void {
  while (state.flushes.length > 0) {
    const { call, mark } = state.flushes[0]!;
    for (const waiting of state.waiting.keys()) if (waiting <= mark) return;
    state.flushes.shift();
    out.reply(call, { failures: reportFailures(state) });
  }
}

/** Pages that could not be written are forgotten as soon as a flush says so. */
function reportFailures(state: PageSyncState): number {
  let { failures } = state;
  state.failures = 0;
  for (const [number, page] of state.pages) {
    if (page.status !== 'ERROR') continue;
    failures++;
    forget(state, number, page);
  }
  return failures;
}

/** The pages from `from` on go. Those that a server is just being given go with its answer. */
export function truncate(state: PageSyncState, { call, from }: Call<'truncate'>, env: PageSyncEnv): void {
  state.truncation = { call, from, request: 0 };
  for (const [number, page] of [...state.pages]) {
    if (number < from) continue;
    const { status, request, server, unsettled } = page;
    if (status === 'ERROR' && env.rules.remembersFailures()) state.failures++;
    forget(state, number, page);
    if (request === 0 && unsettled === noServer) continue;
    state.pages.set(number, { ...newPage(noContent, false), status, request, server, unsettled });
    if (request !== 0) state.writing[server]!++;
  }
  if (hasUnsettledData(state, from) && state.layout.status === 'held') state.layout.status = 'giving-up';
}

const hasUnsettledData = (state: PageSyncState, from: number): boolean =>
  [...state.pages].some(([number, page]) => number >= from && page.unsettled > metadataServer);

/** Cut the file off as soon as nothing can write behind its end any more. */
export function truncateIfDue(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  const { truncation } = state;
  if (truncation === undefined || truncation.request !== 0 || state.layoutCommit !== 0) return;
  for (const [number, page] of state.pages) {
    if (number < truncation.from) continue;
    if (env.rules.holdsUpTruncation(page)) return;
    if (page.content === noContent) forget(state, number, page);
  }
  const request = nextRequest(state);
  state.truncation = { ...truncation, request };
  out.send(metadataServer, { type: 'SETATTR', request, pages: truncation.from });
}

export function truncated(state: PageSyncState, out: PageSyncSink): void {
  const { call } = state.truncation!;
  state.truncation = undefined;
  out.reply(call, { failures: 0 });
}

/**
 * What was outstanding at `server` gets no answer, and what it held may be gone. Requests to one server are carried out
 * in the order sent, so that only another server could be overtaken by a write that nobody heard of again.
 */
export function serverLost(state: PageSyncState, server: ServerNumber, env: PageSyncEnv): void {
  endCommit(state, server);
  for (const [number, page] of state.pages) {
    if (page.server !== server) continue;
    const wasWriting = page.request !== 0;
    if (page.status === 'LAYOUT_DIRTY' || page.status === 'LAYOUT_COMMITTING') continue;
    makeDirty(state, number, page);
    if (wasWriting && env.rules.mayStillHappen()) page.unsettled = server;
  }
  if (server === metadataServer) metadataServerLost(state, env);
  else if (state.layout.status === 'held') state.layout.status = 'giving-up';
}

/** What only asked is asked again: the requests change nothing when they are carried out twice. */
function metadataServerLost(state: PageSyncState, env: PageSyncEnv): void {
  const { layout, truncation } = state;
  if (layout.status === 'getting') {
    endLayout(state);
    stopWaitingForLayout(state);
  }
  if (layout.status === 'returning') layout.status = 'giving-up';
  if (state.layoutCommit !== 0) {
    state.layoutCommit = 0;
    for (const page of state.pages.values()) if (page.status === 'LAYOUT_COMMITTING') page.status = 'LAYOUT_DIRTY';
  }
  if (truncation !== undefined) state.truncation = { ...truncation, request: 0 };
  if (!env.commitsThroughMetadataServer) return;
  for (const [number, page] of state.pages) if (page.status === 'COMMITTING') makeDirty(state, number, page);
}
