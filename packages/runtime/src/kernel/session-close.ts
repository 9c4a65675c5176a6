import type { Handle } from '@holdfast/kernel';
import type { TrafficClass } from '../exchange/types.ts';
import type { SessionEnv } from './session-env.ts';
import { clearSession, noHandle } from './session-state.ts';
import { bestLink, header, type SessionSink } from './session-transfer.ts';
import {
  acknowledgeTimer,
  type ClassLoss,
  closeTimer,
  drainTimer,
  type FrameHeader,
  firstLinkTimer,
  type LinkId,
  retentionTimer,
  retransmitTimer,
  type SessionEnd,
  type SessionState,
} from './session-types.ts';

/** Accept no more records; what was accepted still goes out, for `drainMs` at most. */
export function beginClosing(state: SessionState, env: SessionEnv, out: SessionSink): void {
  state.phase = 'closing';
  out.deliver({ type: 'closing' });
  out.setTimer(drainTimer, env.timings.drainMs);
  closeWhenDrained(state, env, out);
}

/** Say CLOSE as soon as the peer has everything: a peer that hears CLOSE misses nothing. */
export function closeWhenDrained(state: SessionState, env: SessionEnv, out: SessionSink): void {
  if (state.closeSent) return;
  if (!state.classes.every((each) => env.rules.mayClose(each.unacknowledged, each.next))) return;
  state.closeSent = true;
  sayClose(state, env, out);
}

/** Say CLOSE (again) unless it is not due or the peer answered; without a live link it is said on resumption. */
export function sayClose(state: SessionState, env: SessionEnv, out: SessionSink): void {
  const link = bestLink(state);
  if (!state.closeSent || state.closeAnswered || link === -1) return;
  out.send(link, { type: 'close', ...header(state, env, state.links[link]!.epoch) });
  out.setTimer(closeTimer, env.timings.closeRepeatMs);
}

/** The peer has all it wanted to hear from this side and says no more itself: drain and close as well. */
export function closeHeard(state: SessionState, via: LinkId, env: SessionEnv, out: SessionSink): void {
  state.closeHeard = true;
  out.send(via, { type: 'closed', ...header(state, env, state.links[via]!.epoch) });
  if (state.phase === 'open') beginClosing(state, env, out);
  endWhenClosed(state, env, out);
}

export function closedHeard(state: SessionState, env: SessionEnv, out: SessionSink): void {
  state.closeAnswered = true;
  out.cancelTimer(closeTimer);
  endWhenClosed(state, env, out);
}

function endWhenClosed(state: SessionState, env: SessionEnv, out: SessionSink): void {
  if (state.closeAnswered && state.closeHeard) endSession(state, 'closed', env, out);
}

/** The peer's side is over. After both sides said CLOSE only the answer to this side's was missing. */
export function resetHeard(state: SessionState, env: SessionEnv, out: SessionSink): void {
  endSession(state, state.closeSent && state.closeHeard ? 'closed' : 'peer-reset', env, out);
}

export function drainOver(state: SessionState, env: SessionEnv, out: SessionSink): void {
  const link = bestLink(state);
  if (link !== -1) out.send(link, { type: 'reset', ...header(state, env, state.links[link]!.epoch) });
  endSession(state, 'drain-expired', env, out);
}

export function retentionOver(state: SessionState, env: SessionEnv, out: SessionSink): void {
  if (env.rules.retentionEnds()) endSession(state, 'links-lost', env, out);
  else out.setTimer(retentionTimer, env.timings.retentionMs);
}

/** A frame of the session that ended here: its sender learns that it is over. CLOSE is answered if it was heard. */
export function answerStraggler(
  state: SessionState,
  via: LinkId,
  frame: { readonly type: string } & FrameHeader,
  env: SessionEnv,
  out: SessionSink,
): void {
  if (!env.rules.answersStragglers()) return;
  const type = frame.type === 'close' && state.closeHeard ? 'closed' : 'reset';
  out.send(via, { type, ...header(state, env, frame.epoch) });
}

/** Say once what was not acknowledged, give every handle back, and forget the rest. */
export function endSession(state: SessionState, end: SessionEnd, env: SessionEnv, out: SessionSink): void {
  const losses: ClassLoss[] = [];
  for (let index = 0; index < state.classes.length; index++) {
    const { unacknowledged, transmitted, next } = state.classes[index]!;
    if (unacknowledged === next) continue;
    const divide = Math.max(unacknowledged, env.rules.undeliveredFrom(unacknowledged, transmitted));
    losses.push({
      trafficClass: index as TrafficClass,
      first: unacknowledged,
      unknown: handlesOf(state, index, unacknowledged, divide),
      undelivered: handlesOf(state, index, divide, next),
    });
  }
  out.deliver({ type: 'ended', end, losses });
  for (const { trafficClass, first, unknown, undelivered } of losses) {
    let sequence = first;
    for (const handle of [...unknown, ...undelivered]) {
      out.deliver({ type: 'release', trafficClass, sequence, handle, acknowledged: false });
      sequence++;
    }
  }
  for (const timer of [acknowledgeTimer, retransmitTimer, retentionTimer, drainTimer, closeTimer]) {
    out.cancelTimer(timer);
  }
  for (let link = 0; link < state.links.length; link++) out.cancelTimer(firstLinkTimer + link);
  clearSession(state);
  state.phase = 'ended';
}

function handlesOf(state: SessionState, trafficClass: number, from: number, to: number): Handle[] {
  const { handles } = state.classes[trafficClass]!;
  const found: Handle[] = [];
  for (let sequence = from; sequence < to; sequence++) found.push(handles[sequence % handles.length] ?? noHandle);
  return found;
}
