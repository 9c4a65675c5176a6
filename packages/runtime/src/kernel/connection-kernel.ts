import { type Kernel, refuseImpossible } from '@holdfast/kernel';
import {
  abandonAttempt,
  beginAttempt,
  beginClosing,
  type ConnectionSink,
  endNow,
  leave,
  read,
  rest,
  say,
  sessionEnded,
  waitBeforeRead,
} from './connection-close.ts';
import type { ConnectionEnv } from './connection-env.ts';
import { cellHeard, checkDone, operationOver, readDone, writeDone } from './connection-open.ts';
import { decodeConnection, encodeConnection, initialConnection } from './connection-state.ts';
import { connectionTable } from './connection-table.ts';
import {
  type ConnectionEvent,
  type ConnectionNotice,
  type ConnectionStage,
  type ConnectionState,
  connectionTimer,
  type OneSided,
} from './connection-types.ts';

/** No step of these stages depends on how an operation ends that was begun before. */
const isDetached = (stage: ConnectionStage): boolean =>
  stage === 'closing' || stage === 'ending' || stage === 'abandoning';

function step(state: ConnectionState, event: ConnectionEvent, env: ConnectionEnv, out: ConnectionSink): void {
  const cell = refuseImpossible(connectionKernel.name, connectionTable, state.stage, event.type);
  if (endsOperation(event)) state.operation = 'none';
  if (cell.class === 'ignored') return;
  if (endsOperation(event) && isDetached(state.stage)) {
    if (event.type === 'ports-created') state.portsExist = true;
    operationOver(state, env, out);
    return;
  }
  switch (event.type) {
    case 'connect':
      connect(state, event.endpoint, env, out);
      break;
    case 'disconnect':
      disconnect(state, env, out);
      break;
    case 'peer-dead':
      peerDead(state, env, out);
      break;
    case 'read-done':
      readDone(state, event.page, env, out);
      break;
    case 'read-failed':
      readFailed(state, env, out);
      break;
    case 'write-done':
      writeDone(state, env, out);
      break;
    case 'check-done':
      checkDone(state, env, out);
      break;
    case 'write-failed':
    case 'check-failed':
    case 'ports-failed':
      abandonAttempt(state, env, out);
      break;
    case 'inbox':
      cellHeard(state, event.cell, env, out);
      break;
    case 'needs-collected':
      state.needs = event.needs;
      state.stage = 'telling';
      say(state, 'told', env, out);
      break;
    case 'ports-created':
      state.portsExist = true;
      state.grants = event.grants;
      state.stage = 'handing';
      say(state, 'created', env, out);
      break;
    case 'ports-destroyed':
      state.portsExist = false;
      state.grants = [];
      leave(state, env, out);
      break;
    case 'session-retained':
      state.stage = 'retained';
      out.setTimer(connectionTimer, env.timings.waitMs);
      break;
    case 'session-resumed':
      state.stage = 'open';
      out.setTimer(connectionTimer, env.timings.keepMs);
      break;
    case 'session-closing':
      beginClosing(state, env, out);
      break;
    case 'session-ended':
      sessionEnded(state, event.end, env, out);
      break;
    case 'timer':
      timerFired(state, env, out);
      break;
  }
}

const endings: ReadonlySet<ConnectionEvent['type']> = new Set([
  'read-done',
  'read-failed',
  'write-done',
  'write-failed',
  'check-done',
  'check-failed',
  'needs-collected',
  'ports-created',
  'ports-failed',
]);
const endsOperation = ({ type }: ConnectionEvent): boolean => endings.has(type);

function connect(state: ConnectionState, endpoint: number, env: ConnectionEnv, out: ConnectionSink): void {
  state.wanted = true;
  if (state.stage !== 'idle') return;
  state.endpoint = Math.max(state.endpoint, endpoint, 1);
  beginAttempt(state, env, out);
}

function disconnect(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  state.wanted = false;
  switch (state.stage) {
    case 'open':
    case 'retained':
      beginClosing(state, env, out);
      out.deliver({ type: 'close-session' });
      break;
    default:
      giveUp(state, env, out);
      break;
  }
}

function peerDead(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  state.wanted = false;
  switch (state.stage) {
    case 'open':
    case 'retained':
    case 'closing':
      endNow(state, 'peer-dead', out);
      break;
    default:
      giveUp(state, env, out);
      break;
  }
}

/** Stop opening; what is being taken down already goes on by itself. */
function giveUp(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  switch (state.stage) {
    case 'closing':
    case 'ending':
    case 'destroying':
    case 'abandoning':
      break;
    case 'waiting':
    case 'incompatible':
      out.cancelTimer(connectionTimer);
      rest(state, env, out);
      break;
    default:
      abandonAttempt(state, env, out);
      break;
  }
}

function readFailed(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.stage === 'reading') waitBeforeRead(state, env, out);
  else if (state.stage === 'retained') out.setTimer(connectionTimer, env.timings.waitMs);
  else if (state.stage === 'open') out.setTimer(connectionTimer, env.timings.keepMs);
  else abandonAttempt(state, env, out);
}

function timerFired(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.stage === 'waiting' || state.stage === 'incompatible') beginAttempt(state, env, out);
  else if (state.operation === 'none') read(state, out);
  else out.setTimer(connectionTimer, env.timings.waitMs);
}

/**
 * One side of opening, keeping and closing the connection to a peer, for all clients at once: symmetric, without a
 * server side, and invisible to clients until both sides' ports exist. See {@link ConnectionState} and
 * docs/connection.md.
 */
export const connectionKernel: Kernel<
  ConnectionState,
  ConnectionEvent,
  ConnectionEnv,
  OneSided,
  never,
  ConnectionNotice
> = {
  name: 'connection',
  table: connectionTable,
  initial: initialConnection,
  row: (state) => state.stage,
  column: (event) => event.type,
  step,
  encode: encodeConnection,
  decode: decodeConnection,
};
