import type { Decoder, Encoder } from '@holdfast/kernel';
import type { SessionEnv } from './session-env.ts';
import type { ClassState, LinkRecord, LinkState, SessionPhase, SessionState } from './session-types.ts';

const phases: readonly SessionPhase[] = ['idle', 'open', 'closing', 'ended'];
const linkStates: readonly LinkState[] = ['down', 'up', 'suspect', 'fenced', 'probing'];

/** An empty slot of the retransmission buffer. */
export const noHandle = -1;

export function initialSession(env: SessionEnv): SessionState {
  if (env.sequenceMax + Math.max(...env.windows) > Number.MAX_SAFE_INTEGER) {
    throw new RangeError('sequenceMax leaves no room for a window below 2^53');
  }
  return {
    phase: 'idle',
    self: 0,
    peer: 0,
    links: Array.from({ length: env.links }, () => ({
      state: 'down',
      epoch: 0,
      confirmed: false,
      carrier: false,
      rested: false,
      flaps: 0,
    })),
    classes: env.windows.map((window) => emptyClass(window)),
    retained: false,
    owed: 0,
    acknowledgeArmed: false,
    retransmitArmed: false,
    progressed: false,
    closeSent: false,
    closeAnswered: false,
    closeHeard: false,
  };
}

/** Forget all of a session but who it was with, whether it heard CLOSE, and which carriers are there. */
export function clearSession(state: SessionState): void {
  for (const link of state.links) {
    link.state = 'down';
    link.epoch = 0;
    link.confirmed = false;
    link.rested = false;
    link.flaps = 0;
  }
  for (const each of state.classes) startClass(each, 0, 0);
  state.retained = false;
  state.owed = 0;
  state.acknowledgeArmed = false;
  state.retransmitArmed = false;
  state.progressed = false;
  state.closeSent = false;
  state.closeAnswered = false;
}

function emptyClass(window: number): ClassState {
  return {
    link: -1,
    unacknowledged: 0,
    cursor: 0,
    transmitted: 0,
    next: 0,
    limit: 0,
    handles: new Array<number>(window).fill(noHandle),
    wanted: false,
    blocked: false,
    expected: 0,
    consumed: 0,
    granted: 0,
  };
}

/** Both directions start at `first`, with `credit` records granted each way: windows are the same on both sides. */
export function startClass(each: ClassState, first: number, credit: number): void {
  each.link = -1;
  each.unacknowledged = first;
  each.cursor = first;
  each.transmitted = first;
  each.next = first;
  each.limit = first + credit;
  each.handles.fill(noHandle);
  each.wanted = false;
  each.blocked = false;
  each.expected = first;
  each.consumed = first;
  each.granted = first + credit;
}

export function encodeSession(state: SessionState, into: Encoder): void {
  into.uint(phases.indexOf(state.phase));
  into.uint(state.self);
  into.uint(state.peer);
  into.list(state.links, encodeLink);
  into.list(state.classes, encodeClass);
  into.flag(state.retained);
  into.uint(state.owed);
  into.flag(state.acknowledgeArmed);
  into.flag(state.retransmitArmed);
  into.flag(state.progressed);
  into.flag(state.closeSent);
  into.flag(state.closeAnswered);
  into.flag(state.closeHeard);
}

export function decodeSession(from: Decoder): SessionState {
  return {
    phase: phases[from.uint()]!,
    self: from.uint(),
    peer: from.uint(),
    links: from.list(decodeLink),
    classes: from.list(decodeClass),
    retained: from.flag(),
    owed: from.uint(),
    acknowledgeArmed: from.flag(),
    retransmitArmed: from.flag(),
    progressed: from.flag(),
    closeSent: from.flag(),
    closeAnswered: from.flag(),
    closeHeard: from.flag(),
  };
}

function encodeLink(link: LinkRecord, into: Encoder): void {
  into.uint(linkStates.indexOf(link.state));
  into.uint(link.epoch);
  into.flag(link.confirmed);
  into.flag(link.carrier);
  into.flag(link.rested);
  into.uint(link.flaps);
}

function decodeLink(from: Decoder): LinkRecord {
  return {
    state: linkStates[from.uint()]!,
    epoch: from.uint(),
    confirmed: from.flag(),
    carrier: from.flag(),
    rested: from.flag(),
    flaps: from.uint(),
  };
}

function encodeClass(each: ClassState, into: Encoder): void {
  into.int(each.link);
  into.uint(each.unacknowledged);
  into.uint(each.cursor);
  into.uint(each.transmitted);
  into.uint(each.next);
  into.uint(each.limit);
  into.list(each.handles, writeHandle);
  into.flag(each.wanted);
  into.flag(each.blocked);
  into.uint(each.expected);
  into.uint(each.consumed);
  into.uint(each.granted);
}

function decodeClass(from: Decoder): ClassState {
  return {
    link: from.int(),
    unacknowledged: from.uint(),
    cursor: from.uint(),
    transmitted: from.uint(),
    next: from.uint(),
    limit: from.uint(),
    handles: from.list(readHandle),
    wanted: from.flag(),
    blocked: from.flag(),
    expected: from.uint(),
    consumed: from.uint(),
    granted: from.uint(),
  };
}

const writeHandle = (handle: number, into: Encoder): void => into.int(handle);
const readHandle = (from: Decoder): number => from.int();
