import { agreementOf, refusalsOf } from './connection-agreement.ts';
import {
  abandonAttempt,
  beginAttempt,
  beginClosing,
  type ConnectionSink,
  endNow,
  giveUpOn,
  hasReached,
  leave,
  publish,
  read,
  say,
  waitBeforeRead,
} from './connection-close.ts';
import type { ConnectionEnv } from './connection-env.ts';
import {
  type ConnectionStage,
  type ConnectionState,
  connectionTimer,
  type InboxCell,
  peerRegion,
  type StatusPage,
} from './connection-types.ts';

/** A read of the peer's page came back: the first, the second, or a look at a peer that is long silent. */
export function readDone(state: ConnectionState, page: StatusPage, env: ConnectionEnv, out: ConnectionSink): void {
  const mutual = env.rules.isMutual(page, state.endpoint, state.peer);
  switch (state.stage) {
    case 'reading':
      firstRead(state, page, env, out);
      break;
    case 'confirming':
      if (mutual) agree(state, env, out);
      else if (page.endpoint === state.peer) out.setTimer(connectionTimer, env.timings.waitMs);
      else abandonAttempt(state, env, out);
      break;
    case 'open':
    case 'retained':
      if (!mutual && env.rules.noticesAbsence())
        endNow(state, page.endpoint > state.peer ? 'peer-restarted' : 'peer-reset', out);
      else keep(state, env, out);
      break;
    default:
      if (mutual) waitForPeer(state, state.stage, env, out);
      else abandonAttempt(state, env, out);
      break;
  }
}

/** The peer still has the session: look again later, and sooner while no link carries it. */
function keep(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  const isRetained = state.stage === 'retained';
  if (isRetained) out.deliver({ type: 'resume' });
  out.setTimer(connectionTimer, isRetained ? env.timings.waitMs : env.timings.keepMs);
}

function firstRead(state: ConnectionState, page: StatusPage, env: ConnectionEnv, out: ConnectionSink): void {
  if (page.endpoint === 0) {
    waitBeforeRead(state, env, out);
  } else if (Math.max(env.versionMin, page.versionMin) > Math.min(env.versionMax, page.versionMax)) {
    giveUpOn(state, 'version', page, env, out);
  } else {
    state.version = env.rules.version(env.versionMax, page.versionMax);
    state.peer = page.endpoint;
    state.stage = 'writing';
    say(state, 'initiated', env, out);
  }
}

/** What the peer was told is complete; go on to the step that follows. */
export function writeDone(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  state.phase = state.saying;
  publish(state, env, out);
  switch (state.stage) {
    case 'writing':
      state.stage = 'confirming';
      if (env.rules.readsTwice()) read(state, out);
      else agree(state, env, out);
      break;
    case 'agreeing':
      state.stage = 'collecting';
      state.operation = 'needs';
      out.deliver({ type: 'collect-needs' });
      break;
    case 'telling':
      waitForPeer(state, 'matching', env, out);
      break;
    case 'handing':
      waitForPeer(state, 'pairing', env, out);
      break;
    default:
      waitForPeer(state, 'expecting', env, out);
      break;
  }
}

function agree(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  state.stage = 'agreeing';
  say(state, 'agreed', env, out);
}

function waitForPeer(state: ConnectionState, stage: ConnectionStage, env: ConnectionEnv, out: ConnectionSink): void {
  state.stage = stage;
  out.setTimer(connectionTimer, env.timings.waitMs);
  advance(state, env, out);
}

/** A stage that waits for the peer may have heard enough by now. */
function advance(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  const { heard } = state;
  if (state.operation !== 'none' || heard === undefined) return;
  if (!env.rules.isForUs(heard, state.endpoint, state.peer)) return;
  if (state.stage === 'matching' && hasReached(heard.phase, 'told')) match(state, heard, env, out);
  else if (state.stage === 'pairing') pair(state, heard, env, out);
  else if (state.stage === 'expecting') expect(state, heard, env, out);
}

function match(state: ConnectionState, heard: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  const agreement = agreementOf(state, heard, env);
  if (agreement.links.length === 0) {
    giveUpOn(state, 'link', heard, env, out);
    return;
  }
  out.cancelTimer(connectionTimer);
  state.stage = 'creating';
  state.operation = 'ports';
  out.deliver({ type: 'create-ports', agreement });
}

function pair(state: ConnectionState, heard: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  if (env.rules.waitsForPeerPorts() && !hasReached(heard.phase, 'created')) return;
  out.cancelTimer(connectionTimer);
  state.stage = 'checking';
  state.operation = 'check';
  out.send(peerRegion, { type: 'check', grants: heard.grants });
}

/** Both sides' ports exist and were tried from afar: tell the partner first, the clients after it. */
export function checkDone(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (!env.rules.alertsPartnerFirst() && state.heard !== undefined) {
    becomeOpen(state, state.heard, env, out);
    return;
  }
  state.stage = 'readying';
  say(state, 'ready', env, out);
}

function expect(state: ConnectionState, heard: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  if (!env.rules.waitsForPartner() || hasReached(heard.phase, 'ready')) becomeOpen(state, heard, env, out);
}

function becomeOpen(state: ConnectionState, heard: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  out.setTimer(connectionTimer, env.timings.keepMs);
  state.stage = 'open';
  state.retries = 0;
  state.failures = 0;
  state.incompatibleSaid = false;
  out.deliver({
    type: 'ready',
    agreement: agreementOf(state, heard, env),
    peerGrants: heard.grants,
    refusals: refusalsOf(state, heard),
  });
  // A peer that opened first may be closing already; what it sent before is still to be taken.
  closeIfAsked(state, heard, env, out);
}

/** A cell of the peer. Whatever the stage, the newest is kept; a newer endpoint ends what is going on with the old. */
export function cellHeard(state: ConnectionState, cell: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.heard !== undefined && env.rules.isOutdated(cell, state.heard)) return;
  state.heard = cell;
  const isNewer = state.peer !== 0 && env.rules.isNewer(cell, state.peer);
  switch (state.stage) {
    case 'idle':
    case 'reading':
    case 'ending':
    case 'destroying':
    case 'abandoning':
    case 'incompatible':
      break;
    case 'waiting':
      if (state.failures <= env.hurriesMax) beginAttempt(state, env, out);
      break;
    case 'open':
    case 'retained':
    case 'closing':
      if (isNewer) endNow(state, 'peer-restarted', out);
      else if (state.stage !== 'closing') closeIfAsked(state, cell, env, out);
      break;
    default:
      if (isNewer) abandonAttempt(state, env, out);
      else if (state.stage === 'confirming') confirmAgain(state, out);
      else advance(state, env, out);
      break;
  }
}

/** The peer spoke: by now it may have seen this side. */
function confirmAgain(state: ConnectionState, out: ConnectionSink): void {
  if (state.operation !== 'none') return;
  out.cancelTimer(connectionTimer);
  read(state, out);
}

function closeIfAsked(state: ConnectionState, cell: InboxCell, env: ConnectionEnv, out: ConnectionSink): void {
  if (cell.phase !== 'closing' || !env.rules.isForUs(cell, state.endpoint, state.peer)) return;
  beginClosing(state, env, out);
  out.deliver({ type: 'close-session' });
}

/** An operation of a stage that is no longer there came to its end. */
export function operationOver(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.stage === 'abandoning') leave(state, env, out);
  else if (state.stage === 'closing' && state.saying !== 'closing') say(state, 'closing', env, out);
}
