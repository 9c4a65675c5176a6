import { readyQueueSlackPages } from '../limits.ts';
import type { PageSyncEnv } from './page-sync-env.ts';
import { becomeStable, becomeUnstable, dataServerOf, fail, forget, makeDirty, settleWrite } from './page-sync-pages.ts';
import {
  metadataServer,
  noContent,
  noServer,
  type Page,
  type PageAnswer,
  type PageNumber,
  type PageSyncSink,
  type PageSyncState,
  restTimer,
  type ServerNumber,
} from './page-sync-types.ts';

export const nextRequest = (state: PageSyncState): number => ++state.request;

/** Send what is ready, as far as the bound on outstanding writes allows. What cannot go keeps its place. */
export function writeWhatIsReady(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  const { ready } = state;
  let room = roomOf(state, env);
  const kept: PageNumber[] = [];
  let at = state.readyFrom;
  for (; at < ready.length && room > 0; at++) {
    const number = ready[at]!;
    const page = state.pages.get(number)!;
    decide(state, number, page, env, out);
    if (page.request === 0) {
      kept.push(number);
    } else {
      page.isReady = false;
      room--;
    }
  }
  state.readyFrom = at - kept.length;
  for (const [place, number] of kept.entries()) ready[state.readyFrom + place] = number;
  if (state.readyFrom < ready.length && state.readyFrom < readyQueueSlackPages) return;
  ready.splice(0, state.readyFrom);
  state.readyFrom = 0;
}

/**
 * Send the page that became ready last, if it can go: nothing has changed for those before it. With many of them waiting for
 * a layout, looking at all for each would take a time that grows with their square.
 */
export function writeNewest(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  if (roomOf(state, env) <= 0) return;
  const number = state.ready.at(-1)!;
  const page = state.pages.get(number)!;
  decide(state, number, page, env, out);
  if (page.request === 0) return;
  page.isReady = false;
  state.ready.pop();
}

function roomOf({ writing }: PageSyncState, { writesMax }: PageSyncEnv): number {
  let room = writesMax;
  for (const outstanding of writing) room -= outstanding;
  return room;
}

/**
 * The one place that decides where a dirty page goes (`Use pNFS?` of the model). It stays where it is while a truncation
 * is about to cut it off, while another server may still carry out an older write of it, and while the metadata server
 * wants to be left alone.
 */
function decide(state: PageSyncState, number: PageNumber, page: Page, env: PageSyncEnv, out: PageSyncSink): void {
  const { layout, truncation } = state;
  if (truncation !== undefined && env.rules.isHeldBack(number, truncation.from)) return;
  const striped = env.dataServers > 0 && env.rules.maySwitch(page, dataServerOf(number, env));
  if (striped && layout.status === 'held') {
    write(state, number, page, dataServerOf(number, env), out);
  } else if (striped && layout.status === 'getting') {
    page.status = 'UPDATE_LAYOUT';
  } else if (striped && layout.status === 'none' && env.rules.mayGetLayout(state)) {
    page.status = 'UPDATE_LAYOUT';
    layout.status = 'getting';
    layout.request = nextRequest(state);
    out.send(metadataServer, { type: 'LAYOUTGET', request: layout.request });
  } else if (env.rules.maySwitch(page, metadataServer) && !state.resting) {
    write(state, number, page, metadataServer, out);
  }
}

function write(state: PageSyncState, number: PageNumber, page: Page, server: ServerNumber, out: PageSyncSink): void {
  page.status = server === metadataServer ? 'WRITE_MDS' : 'WRITE_LD';
  page.server = server;
  page.sent = page.content;
  page.sentAt = state.mark;
  page.request = nextRequest(state);
  state.writing[server]!++;
  const layout = server === metadataServer ? 0 : state.layout.generation;
  const { request, content } = page;
  out.send(server, { type: 'WRITE', request, page: number, content, layout, lease: state.lease });
}

/** The server has what it was sent. */
export function written(
  state: PageSyncState,
  number: PageNumber,
  page: Page,
  answer: Extract<PageAnswer, { type: 'WRITTEN' }>,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  settleWrite(state, page);
  page.unsettled = noServer;
  if (page.content === noContent) {
    forget(state, number, page);
    return;
  }
  const onDataServer = page.status === 'WRITE_LD';
  page.verifier = answer.verifier;
  page.sentAt = env.rules.sentAt(page.sentAt, state.mark);
  if (onDataServer ? env.rules.needsCommit(answer.how) : answer.how !== 'FILE_SYNC') {
    becomeUnstable(state, page);
  } else if (onDataServer && env.rules.needsLayoutCommit(answer.how)) {
    page.status = 'LAYOUT_DIRTY';
  } else {
    becomeStable(state, number, page, env, out);
    return;
  }
  if (page.goal === 'written') page.goal = 'rest';
}

/** The write did not happen. Everything but a permanent error goes back to the client's copy. */
export function writeFailed(
  state: PageSyncState,
  number: PageNumber,
  page: Page,
  answer: Extract<PageAnswer, { type: 'WRITE_FAILED' }>,
  env: PageSyncEnv,
  out: PageSyncSink,
): void {
  const onDataServer = page.status === 'WRITE_LD';
  settleWrite(state, page);
  page.unsettled = noServer;
  if (page.content === noContent) {
    forget(state, number, page);
  } else if (env.rules.isPermanent(answer.why)) {
    fail(state, number, page, out);
  } else {
    makeDirty(state, number, page);
  }
  if (env.rules.isPermanent(answer.why)) return;
  if (onDataServer) giveUpLayout(state, env);
  else rest(state, env, out);
}

/**
 * A data server failed: its layout is not trusted, and after too many that failed no other is asked for. What else fails
 * under the same layout says nothing new.
 */
export function giveUpLayout({ layout }: PageSyncState, env: PageSyncEnv): void {
  if (layout.status !== 'held') return;
  layout.status = 'giving-up';
  layout.errors++;
  if (layout.errors >= env.layoutErrorsMax) layout.failed = true;
}

/** Leave the metadata server alone for a while. */
export function rest(state: PageSyncState, env: PageSyncEnv, out: PageSyncSink): void {
  if (state.resting) return;
  state.resting = true;
  out.setTimer(restTimer, env.restMs);
}
