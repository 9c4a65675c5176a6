import type { PageSyncEnv } from './page-sync-env.ts';
import { becomeCommitting, becomeStable, isUnstable, makeDirty } from './page-sync-pages.ts';
import {
  type Commit,
  metadataServer,
  noServer,
  type Page,
  type PageAnswer,
  type PageNumber,
  type PageSyncSink,
  type PageSyncState,
  type ServerNumber,
} from './page-sync-types.ts';
import { giveUpLayout, nextRequest, rest } from './page-sync-writes.ts';

/** Where COMMIT of what `server` holds goes. */
const committer = (server: ServerNumber, env: PageSyncEnv): ServerNumber =>
  env.commitsThroughMetadataServer ? metadataServer : server;

/** Whether a layout that is to be returned needs the page stable, wanted or not. */
const isForced = ({ layout }: PageSyncState, { status }: Page): boolean =>
  layout.status === 'giving-up' && (status === 'DS_DIRTY' || status === 'LAYOUT_DIRTY');

const isDue = (state: PageSyncState, page: Page): boolean => page.goal === 'stable' || isForced(state, page);

/**
 * Send the COMMITs that are due: what a server holds is wanted stable, and nothing more is on its way or about to be, or
 * enough has come together.
 */
export function commitWhatIsDue(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  // Looked at after every event: while nothing can be due the pages are not gone through.
  if (!state.unstable.some((pages, server) => pages > 0 && mayCommit(state, committer(server, env), env))) return;
  const due = new Map<ServerNumber, number>();
  for (const page of state.pages.values()) {
    if (!isUnstable(page.status) || !isDue(state, page)) continue;
    const to = committer(page.server, env);
    due.set(to, (due.get(to) ?? 0) + 1);
  }
  for (const [server, pages] of [...due].sort(([one], [other]) => one - other)) {
    if (isUnderWay(state, server) || waitsForMore(state, server, pages, env)) continue;
    commit(state, server, env, out);
  }
}

const isUnderWay = (state: PageSyncState, server: ServerNumber): boolean =>
  state.commits.some((commit) => commit.server === server) || (server === metadataServer && state.resting);

const waitsForMore = (state: PageSyncState, server: ServerNumber, pages: number, env: PageSyncEnv): boolean =>
  pages < env.commitPages && (isMoreComing(state) || isWriting(state, server, env));

/** Whether a COMMIT could go there if all that is unstable were due. */
function mayCommit(state: PageSyncState, server: ServerNumber, env: PageSyncEnv): boolean {
  let pages = 0;
  for (const [at, unstable] of state.unstable.entries()) if (committer(at, env) === server) pages += unstable;
  return !isUnderWay(state, server) && !waitsForMore(state, server, pages, env);
}

/** Whether pages wait for nothing but room among the outstanding writes. */
const isMoreComing = ({ ready, readyFrom, layout, truncation, resting }: PageSyncState): boolean =>
  readyFrom < ready.length && layout.status === 'held' && truncation === undefined && !resting;

const isWriting = ({ writing }: PageSyncState, server: ServerNumber, env: PageSyncEnv): boolean =>
  writing.some((outstanding, at) => outstanding > 0 && (at === server || committer(at, env) === server));

function commit(state: PageSyncState, server: ServerNumber, env: PageSyncEnv, out: PageSyncSink): void {
  for (const page of state.pages.values()) {
    if (!isUnstable(page.status) || committer(page.server, env) !== server) continue;
    becomeCommitting(state, page);
  }
  const request = nextRequest(state);
  state.commits.push({ server, request, retries: 0 });
  state.commits.sort((one, other) => one.server - other.server);
  out.send(server, { type: 'COMMIT', request });
}

const isCommitting = ({ status }: Page): boolean => status === 'COMMITTING' || status === 'MDS_COMMITTING';

/**
 * Everything the server took before is stable, if it is the same server still: a verifier that differs says that it
 * lost its memory, and with it every page that carries the older one.
 */
export function committed(
  state: PageSyncState,
  { server }: Commit,
  { verifier }: Extract<PageAnswer, { type: 'COMMITTED' }>,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  endCommit(state, server);
  for (const [number, page] of state.pages) {
    if (page.server === noServer || committer(page.server, env) !== server) continue;
    if (env.rules.isForgotten(page.status) && !env.rules.isSameServer(page.verifier, verifier))
      makeDirty(state, number, page);
    else if (env.rules.isCovered(page.status)) isStable(state, number, page, server, env, out);
  }
}

/** What a data server has made stable the metadata server does not know of, unless it was asked itself. */
function isStable(
  state: PageSyncState,
  number: PageNumber,
  page: Page,
  committer: ServerNumber,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  if (isUnstable(page.status)) becomeCommitting(state, page);
  if (committer === metadataServer) becomeStable(state, number, page, env, out);
  else page.status = 'LAYOUT_DIRTY';
}

/** In place again, as often as allowed; else back to the client's copies. */
export function commitFailed(
  state: PageSyncState,
  failed: Commit,
  again: boolean,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  const { server } = failed;
  if (again && failed.retries < env.commitRetriesMax) {
    state.commits = state.commits.map((each) =>
      each === failed ? { server, request: nextRequest(state), retries: each.retries + 1 } : each,
    );
    out.send(server, { type: 'COMMIT', request: state.request });
    return;
  }
  endCommit(state, server);
  for (const [number, page] of state.pages) {
    if (!isCommitting(page) || committer(page.server, env) !== server) continue;
    const after = env.rules.afterFailedCommit();
    if (after === 'CLIENT_DIRTY') makeDirty(state, number, page);
    else page.status = after;
  }
  if (server === metadataServer) rest(state, env, out);
  else giveUpLayout(state, env);
}

export function endCommit(state: PageSyncState, server: ServerNumber): void {
  state.commits = state.commits.filter((each) => each.server !== server);
}

/** Tell the metadata server of data that is stable on data servers, once somebody wants it known. */
export function commitLayoutIfDue(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  if (state.layoutCommit !== 0 || state.resting) return;
  let isWanted = false;
  for (const page of state.pages.values()) isWanted ||= page.status === 'LAYOUT_DIRTY' && isDue(state, page);
  if (!isWanted) return;
  let end = 0;
  for (const [number, page] of state.pages) {
    if (page.status !== 'LAYOUT_DIRTY') continue;
    page.status = 'LAYOUT_COMMITTING';
    end = Math.max(end, env.rules.endOf(number));
  }
  const request = nextRequest(state);
  state.layoutCommit = request;
  out.send(metadataServer, { type: 'LAYOUTCOMMIT', request, end, lease: state.lease });
}

export function layoutCommitted(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  state.layoutCommit = 0;
  for (const [number, page] of state.pages) {
    if (env.rules.isCoveredByLayoutCommit(page.status)) becomeStable(state, number, page, env, out);
  }
}

/** Told to be patient: tried again later. Refused: the data may be out of reach, so it is written anew. */
export function layoutCommitFailed(state: PageSyncState, again: boolean, env: PageSyncEnv, out: PageSyncSink): void {
  if (!again && env.rules.acceptsRefusal()) {
    layoutCommitted(state, env, out);
    return;
  }
  state.layoutCommit = 0;
  for (const [number, page] of state.pages) {
    if (page.status !== 'LAYOUT_COMMITTING') continue;
    if (again) page.status = 'LAYOUT_DIRTY';
    else makeDirty(state, number, page);
  }
  if (again) rest(state, env, out);
  else giveUpLayout(state, env);
}
