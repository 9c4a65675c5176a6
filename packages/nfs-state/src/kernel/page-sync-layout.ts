import type { PageSyncEnv } from './page-sync-env.ts';
import { fail, forget, makeDirty } from './page-sync-pages.ts';
import {
  type LayoutRefusal,
  metadataServer,
  noContent,
  noServer,
  type PageSyncSink,
  type PageSyncState,
  suspendTimer,
} from './page-sync-types.ts';
import { nextRequest } from './page-sync-writes.ts';

export function layoutGranted(state: PageSyncState, generation: number): void {
  const { layout } = state;
  layout.status = 'held';
  layout.generation = generation;
  layout.request = 0;
  stopWaitingForLayout(state);
}

export function layoutRefused(state: PageSyncState, why: LayoutRefusal, env: PageSyncEnv, out: PageSyncSink): void {
  const { layout } = state;
  layout.status = 'none';
  layout.request = 0;
  if (why === 'unavailable') layout.failed = true;
  if (why === 'later') suspend(state, env, out);
  if (why !== 'no-space') {
    stopWaitingForLayout(state);
    return;
  }
  for (const [number, page] of state.pages) if (page.status === 'UPDATE_LAYOUT') fail(state, number, page, out);
}

function suspend({ layout }: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  layout.suspended = true;
  out.setTimer(suspendTimer, env.suspendMs);
}

/** Pages that waited for a layout are decided about again. */
export function stopWaitingForLayout(state: PageSyncState): void {
  for (const page of state.pages.values()) if (page.status === 'UPDATE_LAYOUT') page.status = 'CLIENT_DIRTY';
}

/** The metadata server wants the layout back. What is on its way goes on; nothing new is started under it. */
export function recalled(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  const { layout } = state;
  if (layout.status !== 'held' || !env.rules.obeysRecall()) return;
  layout.status = 'giving-up';
  if (!layout.suspended) suspend(state, env, out);
}

/**
 * Return a layout that is not used any more, once nothing depends on it: no write under way, no data that is not stable
 * yet, none that the metadata server does not know of.
 */
export function returnLayoutIfDue(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  const { layout } = state;
  if (layout.status !== 'giving-up' || state.layoutCommit !== 0) return;
  for (const page of state.pages.values()) if (env.rules.needsLayout(page)) return;
  layout.status = 'returning';
  layout.request = nextRequest(state);
  out.send(metadataServer, { type: 'LAYOUTRETURN', request: layout.request, layout: layout.generation });
}

/** No data server carries out anything of the layout any more: pages may go another way. */
export function layoutReturned(state: PageSyncState): void {
  endLayout(state);
  for (const page of state.pages.values()) if (page.unsettled > metadataServer) page.unsettled = noServer;
}

export function endLayout({ layout }: PageSyncState): void {
  layout.status = 'none';
  layout.request = 0;
}

/**
 * The lease ran out, and every layout and lock with it. Nothing sent before counts: what is not stable is written again,
 * unless it was written under a lock, which somebody else may hold by now.
 */
export function leaseLost(state: PageSyncState, lease: number, env: PageSyncEnv, out: PageSyncSink): void {
  state.lease = lease;
  state.commits = [];
  state.layoutCommit = 0;
  endLayout(state);
  for (const [number, page] of state.pages) {
    if (page.status === 'ERROR') continue;
    page.unsettled = noServer;
    if (page.content === noContent) forget(state, number, page);
    else if (page.locked && env.rules.dropsLocked()) fail(state, number, page, out);
    else makeDirty(state, number, page);
  }
}
