import { cellAt, type Kernel, ProtocolError } from '@holdfast/kernel';
import {
  answerStraggler,
  beginClosing,
  closedHeard,
  closeHeard,
  closeWhenDrained,
  drainOver,
  endSession,
  resetHeard,
  retentionOver,
  sayClose,
} from './session-close.ts';
import type { SessionEnv } from './session-env.ts';
import {
  failLink,
  fencedHeard,
  fenceHeard,
  linkTimerFired,
  linkUp,
  probeHeard,
  restoreLink,
  startLinks,
  suspectLink,
} from './session-links.ts';
import { decodeSession, encodeSession, initialSession, startClass } from './session-state.ts';
import { sessionTable } from './session-table.ts';
import {
  acceptRecord,
  acknowledge,
  consume,
  pump,
  retransmit,
  type SessionSink,
  takeHeader,
  takeRecord,
} from './session-transfer.ts';
import {
  acknowledgeTimer,
  closeTimer,
  drainTimer,
  type FrameArrived,
  firstLinkTimer,
  type LinkId,
  type LinkState,
  type OpenCall,
  retentionTimer,
  retransmitTimer,
  type SendCall,
  type SendResult,
  type SessionEvent,
  type SessionFrame,
  type SessionNotice,
  type SessionState,
} from './session-types.ts';

const rowOfLink: Readonly<Record<LinkState, string>> = {
  down: 'link-down',
  up: 'link-up',
  suspect: 'link-suspect',
  fenced: 'link-fenced',
  probing: 'link-probing',
};

const columnOfFrame: Readonly<Record<SessionFrame['type'], string>> = {
  data: 'frame-data',
  ack: 'frame-ack',
  fence: 'frame-fence',
  fenced: 'frame-fenced',
  probe: 'frame-probe',
  probed: 'frame-probed',
  close: 'frame-close',
  closed: 'frame-closed',
  reset: 'frame-reset',
};

const columnOfTimer = new Map([
  [acknowledgeTimer, 'timer-acknowledge'],
  [retransmitTimer, 'timer-retransmit'],
  [retentionTimer, 'timer-retention'],
  [drainTimer, 'timer-drain'],
  [closeTimer, 'timer-close'],
]);

function row(state: SessionState, event: SessionEvent, env: SessionEnv): string {
  if (event.type === 'frame') return rowOfFrame(state, event, env);
  if (state.phase === 'idle' || state.phase === 'ended') return state.phase;
  const link = linkOf(event);
  if (link !== -1) return rowOfLink[state.links[link]!.state];
  return state.phase === 'open' && state.retained ? 'retained' : state.phase;
}

/** The link an event is about, or -1. */
function linkOf(event: Exclude<SessionEvent, FrameArrived>): LinkId | -1 {
  if (event.type === 'timer') return event.timer >= firstLinkTimer ? event.timer - firstLinkTimer : -1;
  return 'link' in event ? event.link : -1;
}

function rowOfFrame(state: SessionState, { frame, link }: FrameArrived, env: SessionEnv): string {
  if (state.phase === 'idle') return 'idle';
  const origin = env.rules.origin(state.self, state.peer, frame);
  if (state.phase === 'ended') return origin === 'session' ? 'ended' : origin === 'stale' ? 'older-session' : 'idle';
  if (origin !== 'session') return origin === 'stale' ? 'older-session' : 'newer-session';
  const record = state.links[link]!;
  const epoch = env.rules.epochOf(record, frame.epoch);
  if (epoch === 'current') return rowOfLink[record.state];
  return epoch === 'refused' ? 'older-epoch' : 'newer-epoch';
}

function column(event: SessionEvent): string {
  if (event.type === 'frame') return columnOfFrame[event.frame.type];
  if (event.type === 'timer') return columnOfTimer.get(event.timer) ?? 'timer-link';
  return event.type;
}

function step(state: SessionState, event: SessionEvent, env: SessionEnv, out: SessionSink): void {
  const at = row(state, event, env);
  const cell = cellAt(sessionKernel.name, sessionTable, at, column(event));
  if (cell.class === 'ignored') return;
  if (cell.class === 'impossible') throw new ProtocolError(sessionKernel.name, at, column(event), cell.why);
  switch (event.type) {
    case 'frame':
      frameArrived(state, event, at, env, out);
      break;
    case 'send':
      out.reply(event.call, send(state, event, env, out));
      break;
    case 'consumed':
      consume(state, event.trafficClass, event.records, env, out);
      break;
    case 'timer':
      timerFired(state, event.timer, env, out);
      break;
    case 'open':
      open(state, event, env, out);
      break;
    case 'close':
      beginClosing(state, env, out);
      break;
    case 'peer-dead':
      endSession(state, 'peer-dead', env, out);
      break;
    case 'link-suspect':
      suspectLink(state, event.link, env, out);
      break;
    case 'link-failed':
      linkFailed(state, event.link, env, out);
      break;
    case 'link-restored':
      if (isOver(state)) state.links[event.link]!.carrier = true;
      else restoreLink(state, event.link, env, out);
      break;
    case 'link-blocked': {
      const each = state.classes[event.trafficClass]!;
      each.blocked = true;
      each.cursor = Math.max(each.unacknowledged, Math.min(each.cursor, event.sequence));
      break;
    }
    case 'link-writable':
      for (const each of state.classes) if (each.link === event.link) each.blocked = false;
      pump(state, env, out);
      break;
  }
}

const isOver = (state: SessionState): boolean => state.phase === 'idle' || state.phase === 'ended';

function frameArrived(
  state: SessionState,
  { link, frame }: FrameArrived,
  at: string,
  env: SessionEnv,
  out: SessionSink,
): void {
  if (at === 'ended') {
    answerStraggler(state, link, frame, env, out);
  } else if (at === 'newer-session') {
    endSession(state, 'peer-restarted', env, out);
  } else if (at === 'newer-epoch') {
    if (frame.type === 'fence') fenceHeard(state, frame.link, frame.linkEpoch, link, env, out);
  } else {
    takeHeader(state, frame, env, out);
    takeFrame(state, link, frame, env, out);
    if (state.phase === 'closing') closeWhenDrained(state, env, out);
  }
}

function takeFrame(state: SessionState, link: LinkId, frame: SessionFrame, env: SessionEnv, out: SessionSink): void {
  switch (frame.type) {
    case 'data':
      takeRecord(state, link, frame, env, out);
      break;
    case 'ack':
      if (frame.answer) acknowledge(state, false, env, out);
      break;
    case 'fence':
      fenceHeard(state, frame.link, frame.linkEpoch, link, env, out);
      break;
    case 'fenced':
      fencedHeard(state, frame.link, frame.linkEpoch, env, out);
      break;
    case 'probe':
      probeHeard(state, link, env, out);
      break;
    case 'probed':
      linkUp(state, link, env, out);
      break;
    case 'close':
      closeHeard(state, link, env, out);
      break;
    case 'closed':
      closedHeard(state, env, out);
      break;
    case 'reset':
      resetHeard(state, env, out);
      break;
  }
}

function send(state: SessionState, call: SendCall, env: SessionEnv, out: SessionSink): SendResult {
  if (isOver(state)) return 'no-session';
  if (state.phase === 'closing') return 'closing';
  if (state.classes[call.trafficClass]!.next >= env.sequenceMax) {
    beginClosing(state, env, out);
    return 'closing';
  }
  return acceptRecord(state, call, env, out);
}

function open(state: SessionState, { self, peer, links }: OpenCall, env: SessionEnv, out: SessionSink): void {
  if (self <= state.self)
    throw new RangeError(`endpoint ${self} was used before: a session needs one above ${state.self}`);
  state.phase = 'open';
  state.self = self;
  state.peer = peer;
  state.closeHeard = false;
  for (const [index, each] of state.classes.entries()) startClass(each, env.firstSequence, env.windows[index]!);
  startLinks(state, links, env, out);
}

function linkFailed(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  const wasInUse = record.state !== 'down' && record.state !== 'fenced';
  if (!isOver(state) && wasInUse) failLink(state, link, env, out);
  record.carrier = false;
}

function timerFired(state: SessionState, timer: number, env: SessionEnv, out: SessionSink): void {
  switch (timer) {
    case acknowledgeTimer:
      state.acknowledgeArmed = false;
      if (state.owed > 0) acknowledge(state, false, env, out);
      break;
    case retransmitTimer:
      retransmit(state, env, out);
      break;
    case retentionTimer:
      retentionOver(state, env, out);
      break;
    case drainTimer:
      drainOver(state, env, out);
      break;
    case closeTimer:
      sayClose(state, env, out);
      break;
    default:
      linkTimerFired(state, timer - firstLinkTimer, env, out);
  }
}

/**
 * One side of a session: records of each class are delivered exactly once and in order over several links, while links
 * fail, stall, return and the peer restarts. See {@link SessionState} and docs/connection.md.
 */
export const sessionKernel: Kernel<SessionState, SessionEvent, SessionEnv, SessionFrame, SendResult, SessionNotice> = {
  name: 'session',
  table: sessionTable,
  initial: initialSession,
  row,
  column,
  step,
  encode: encodeSession,
  decode: decodeSession,
};
