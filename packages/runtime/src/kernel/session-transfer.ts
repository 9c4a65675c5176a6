import type { EffectSink } from '@holdfast/kernel';
import type { TrafficClass } from '../exchange/types.ts';
import type { SessionEnv } from './session-env.ts';
import { noHandle } from './session-state.ts';
import {
  acknowledgeTimer,
  type ClassState,
  type DataFrame,
  type FrameHeader,
  type LinkId,
  retransmitTimer,
  type SendCall,
  type SendResult,
  type SessionFrame,
  type SessionNotice,
  type SessionState,
} from './session-types.ts';

export type SessionSink = EffectSink<SessionFrame, SendResult, SessionNotice>;

const isLive = (state: SessionState, link: LinkId): boolean => {
  const at = state.links[link]?.state;
  return at === 'up' || at === 'suspect';
};

/** The link to use: the first that is up, else the first that is suspect, else -1. */
export function bestLink(state: SessionState): LinkId | -1 {
  const up = state.links.findIndex((link) => link.state === 'up');
  return up !== -1 ? up : state.links.findIndex((link) => link.state === 'suspect');
}

/** The header of a frame on `link` in `epoch`. What it acknowledges and grants counts as told from now on. */
export function header(state: SessionState, env: SessionEnv, epoch: number): FrameHeader {
  const { classes } = state;
  const acknowledged = new Array<number>(classes.length);
  const limits = new Array<number>(classes.length);
  for (let index = 0; index < classes.length; index++) {
    const each = classes[index]!;
    each.granted = Math.max(each.granted, env.rules.grants(each.consumed, env.windows[index]!));
    acknowledged[index] = env.rules.acknowledges(each.expected);
    limits[index] = each.granted;
  }
  state.owed = 0;
  return { from: state.self, to: state.peer, epoch, acknowledged, limits };
}

/** Take a record into the retransmission buffer and hand it to its link when it may go. */
export function acceptRecord(state: SessionState, call: SendCall, env: SessionEnv, out: SessionSink): SendResult {
  const each = state.classes[call.trafficClass]!;
  const window = env.windows[call.trafficClass]!;
  if (each.next - each.unacknowledged >= window) {
    each.wanted = true;
    return 'window-full';
  }
  each.handles[each.next % window] = call.handle;
  each.next++;
  pumpClass(state, call.trafficClass, env, out);
  return 'accepted';
}

/** Hand to their links all records that may go. */
export function pump(state: SessionState, env: SessionEnv, out: SessionSink): void {
  for (let index = 0; index < state.classes.length; index++) pumpClass(state, index as TrafficClass, env, out);
}

function pumpClass(state: SessionState, trafficClass: TrafficClass, env: SessionEnv, out: SessionSink): void {
  const each = state.classes[trafficClass]!;
  if (each.link === -1 || each.blocked) return;
  const { epoch } = state.links[each.link]!;
  const window = env.windows[trafficClass]!;
  while (each.cursor < each.next && env.rules.maySend(each.cursor, each.limit)) {
    const { from, to, acknowledged, limits } = header(state, env, epoch);
    const sequence = each.cursor;
    const handle = each.handles[sequence % window]!;
    out.send(each.link, { type: 'data', from, to, epoch, acknowledged, limits, trafficClass, sequence, handle });
    each.cursor++;
    each.transmitted = Math.max(each.transmitted, each.cursor);
  }
  if (each.unacknowledged < each.next) armRetransmit(state, env, out);
}

function armRetransmit(state: SessionState, env: SessionEnv, out: SessionSink): void {
  if (state.retransmitArmed) return;
  state.retransmitArmed = true;
  state.progressed = false;
  out.setTimer(retransmitTimer, env.timings.retransmitMs);
}

/** Take what the header of a frame of this session acknowledges and grants. */
export function takeHeader(state: SessionState, frame: FrameHeader, env: SessionEnv, out: SessionSink): void {
  let moved = false;
  for (let index = 0; index < state.classes.length; index++) {
    const each = state.classes[index]!;
    const acknowledged = frame.acknowledged[index]!;
    const limit = frame.limits[index]!;
    if (limit > each.limit) {
      each.limit = limit;
      moved = true;
    }
    if (acknowledged <= each.unacknowledged) continue;
    if (acknowledged > each.transmitted) {
      out.trace('acknowledgement-beyond', index, acknowledged);
      continue;
    }
    releaseBelow(each, index as TrafficClass, acknowledged, env, out);
    state.progressed = true;
    moved = true;
    if (each.wanted) {
      each.wanted = false;
      out.deliver({ type: 'writable', trafficClass: index as TrafficClass });
    }
  }
  if (moved) pump(state, env, out);
}

function releaseBelow(
  each: ClassState,
  trafficClass: TrafficClass,
  end: number,
  env: SessionEnv,
  out: SessionSink,
): void {
  const window = env.windows[trafficClass]!;
  for (let sequence = each.unacknowledged; sequence < end; sequence++) {
    const handle = each.handles[sequence % window]!;
    each.handles[sequence % window] = noHandle;
    out.deliver({ type: 'release', trafficClass, sequence, handle, acknowledged: true });
  }
  each.unacknowledged = end;
  each.cursor = Math.max(each.cursor, end);
}

/** Deliver the record if it is the next one of its class; whatever it is, the peer is owed an acknowledgement. */
export function takeRecord(
  state: SessionState,
  link: LinkId,
  frame: DataFrame,
  env: SessionEnv,
  out: SessionSink,
): void {
  const { trafficClass, sequence, handle, epoch } = frame;
  const each = state.classes[trafficClass]!;
  state.owed = Math.min(state.owed + 1, env.acknowledgeEvery);
  if (env.rules.isNext(each.expected, frame)) {
    each.expected = sequence + 1;
    out.deliver({ type: 'record', trafficClass, sequence, handle, link, epoch });
  } else {
    out.trace(sequence < each.expected ? 'duplicate-dropped' : 'gap-dropped', trafficClass, sequence);
  }
  if (state.owed >= env.acknowledgeEvery) acknowledge(state, false, env, out);
  else armAcknowledge(state, env, out);
}

function armAcknowledge(state: SessionState, env: SessionEnv, out: SessionSink): void {
  if (state.acknowledgeArmed) return;
  state.acknowledgeArmed = true;
  out.setTimer(acknowledgeTimer, env.timings.acknowledgeMs);
}

/** Tell the peer what has arrived and what it may send; nothing while no link is live. */
export function acknowledge(state: SessionState, answer: boolean, env: SessionEnv, out: SessionSink): void {
  const link = bestLink(state);
  if (link === -1) return;
  out.send(link, { type: 'ack', ...header(state, env, state.links[link]!.epoch), answer });
}

/** Give consumed records' credit back, and tell the peer once half of a window has become free. */
export function consume(
  state: SessionState,
  trafficClass: TrafficClass,
  records: number,
  env: SessionEnv,
  out: SessionSink,
): void {
  const each = state.classes[trafficClass]!;
  const window = env.windows[trafficClass]!;
  if (each.consumed + records > each.expected) {
    throw new RangeError(`${records} records of class ${trafficClass} consumed, fewer were delivered`);
  }
  each.consumed += records;
  const freed = env.rules.grants(each.consumed, window) - each.granted;
  if (freed * 2 >= window) acknowledge(state, false, env, out);
}

/**
 * A retransmission period is over. If the peer acknowledged nothing in it, every class goes back to its first
 * unacknowledged record, and a class that only lacks credit asks for an answer: the frame that granted it may be lost.
 */
export function retransmit(state: SessionState, env: SessionEnv, out: SessionSink): void {
  state.retransmitArmed = false;
  const waiting = state.classes.some((each) => each.link !== -1 && each.unacknowledged < each.next);
  if (!waiting) return;
  if (!state.progressed) {
    let starved = false;
    let stalled = 0;
    for (const each of state.classes) {
      if (each.link === -1 || each.blocked) continue;
      if (each.unacknowledged < each.cursor) {
        stalled |= 1 << each.link;
        each.cursor = env.rules.resumesAt(each.unacknowledged, each.cursor);
      } else if (each.cursor < each.next) {
        starved = true;
      }
    }
    for (let link = 0; link < state.links.length; link++) {
      if ((stalled & (1 << link)) !== 0) out.deliver({ type: 'stalled', link });
    }
    pump(state, env, out);
    if (starved) acknowledge(state, true, env, out);
  }
  armRetransmit(state, env, out);
}

/** Put each class on a usable link; one that moves goes on from its first unacknowledged record. */
export function assignLinks(state: SessionState, env: SessionEnv, out: SessionSink): void {
  const best = bestLink(state);
  const bestIsUp = state.links[best]?.state === 'up';
  for (let index = 0; index < state.classes.length; index++) {
    const each = state.classes[index]!;
    const usable = each.link !== -1 && isLive(state, each.link);
    const stays = usable && (state.links[each.link]!.state === 'up' || !bestIsUp);
    if (!stays && each.link !== best) moveClass(each, index as TrafficClass, best, env, out);
  }
}

/** After a link proved steady: classes that are on a less preferred link go back to the best that is. */
export function preferBest(state: SessionState, env: SessionEnv, out: SessionSink): void {
  const best = state.links.findIndex((link) => link.state === 'up' && link.flaps === 0);
  if (best === -1) return;
  for (let index = 0; index < state.classes.length; index++) {
    const each = state.classes[index]!;
    if (each.link > best) moveClass(each, index as TrafficClass, best, env, out);
  }
}

function moveClass(
  each: ClassState,
  trafficClass: TrafficClass,
  to: LinkId | -1,
  env: SessionEnv,
  out: SessionSink,
): void {
  out.deliver({ type: 'moved', trafficClass, from: each.link, to });
  each.link = to;
  each.blocked = false;
  each.cursor = env.rules.resumesAt(each.unacknowledged, each.cursor);
}
