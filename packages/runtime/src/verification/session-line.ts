import { type CellTable, type Decoder, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import type { SessionEnv } from '../kernel/session-env.ts';
import { sessionKernel } from '../kernel/session-kernel.ts';
import type { SessionEvent, SessionFrame, SessionNotice, SessionState } from '../kernel/session-types.ts';

/**
 * What carries the messages of the kernels above from one node to another: a session kernel, and before it the messages
 * that wait for room in its window. A frame has its message with it, as a frame of the worker host has its bytes.
 */

/** A message of the kernels above: plain data. */
export type LineBody = unknown;

export type LineEvent =
  | SessionEvent
  | { readonly type: 'say'; readonly body: LineBody }
  /** The view that made this peer a member, or left it out. */
  | { readonly type: 'joined'; readonly epoch: number }
  | { readonly type: 'left' };

/** A frame on a link, with the message it carries. */
export type LineFrame = SessionFrame & { readonly body?: LineBody };

export type LineNotice =
  | { readonly type: 'heard'; readonly body: LineBody }
  | { readonly type: 'fenced'; readonly link: number };

/** What a session must never do, done now and then. */
export type LineMistake = 'loses' | 'repeats' | 'reorders';

export interface LineEnv extends SessionEnv {
  readonly mistake: LineMistake | undefined;
}

/** Records heard between two mistakes. */
const mistakeEvery = 5;

export interface LineState {
  readonly session: SessionState;
  /** Messages the session keeps, by handle, until the peer has them. */
  readonly kept: Map<number, LineBody>;
  /** Messages that wait for room, oldest first. */
  waiting: LineBody[];
  said: number;
  heard: number;
  /** Of a line that reorders: what comes after the next record. */
  heldBack: LineBody[];
}

/** All messages travel in one class. */
const trafficClass = 0;

const sessionColumns = [...new Set(Object.values(sessionKernel.table).flatMap((row) => Object.keys(row)))];
/** What a session does about its events is in its own table. */
const table: CellTable = {
  any: {
    say: handled,
    joined: handled,
    left: handled,
    ...Object.fromEntries(sessionColumns.map((column) => [column, handled])),
  },
};

type LineSink = Parameters<typeof lineKernel.step>[3];

/** What is said to a peer that left is lost, as it is where a worker host ended the session with it. */
function say(state: LineState, body: LineBody, env: LineEnv, out: LineSink): void {
  if (state.session.phase !== 'open') return;
  state.waiting.push(body);
  if (state.waiting.length === 1) sendWaiting(state, env, out);
}

function sendWaiting(state: LineState, env: LineEnv, out: LineSink): void {
  for (let isAccepted = true; isAccepted && state.waiting.length > 0; ) {
    const handle = ++state.said;
    state.kept.set(handle, state.waiting[0]!);
    isAccepted = false;
    stepSession(state, { type: 'send', call: handle, trafficClass, handle }, env, out, undefined, (result) => {
      isAccepted = result === 'accepted';
    });
    if (isAccepted) state.waiting.shift();
    else state.kept.delete(handle);
  }
}

function hear(state: LineState, body: LineBody, { mistake }: LineEnv, out: LineSink): void {
  const bodies = [body, ...state.heldBack];
  state.heldBack = [];
  state.heard++;
  if (mistake !== undefined && state.heard % mistakeEvery === 0) {
    if (mistake === 'repeats') bodies.push(body);
    else if (mistake === 'loses') bodies.shift();
    else state.heldBack.push(bodies.shift()!);
  }
  for (const each of bodies) out.deliver({ type: 'heard', body: each });
}

/** A session for each time the two are members together, its endpoints numbered by the view it began in. */
function changeSession(
  state: LineState,
  event: Extract<LineEvent, { type: 'joined' | 'left' }>,
  env: LineEnv,
  out: LineSink,
): void {
  stepSession(state, { type: 'peer-dead' }, env, out, undefined, () => undefined);
  state.kept.clear();
  state.waiting = [];
  state.heldBack = [];
  if (event.type === 'left') return;
  const endpoint = event.epoch + 1;
  const links = Array.from({ length: env.links }, (_, link) => link);
  stepSession(state, { type: 'open', self: endpoint, peer: endpoint, links }, env, out, undefined, () => undefined);
}

/** Step the session, and do what its host does about what it says. */
function stepSession(
  state: LineState,
  event: SessionEvent,
  env: LineEnv,
  out: LineSink,
  arriving: LineBody | undefined,
  answered: (result: unknown) => void,
): void {
  let records = 0;
  let isWritable = false;
  const perform = (notice: SessionNotice): void => {
    if (notice.type === 'record') {
      records++;
      hear(state, arriving!, env, out);
    } else if (notice.type === 'release') {
      state.kept.delete(notice.handle);
    } else if (notice.type === 'writable') {
      isWritable = true;
    } else if (notice.type === 'link' && notice.state === 'fenced') {
      out.deliver({ type: 'fenced', link: notice.link });
    }
  };
  sessionKernel.step(state.session, event, env, {
    send: (link, frame) =>
      out.send(link, frame.type === 'data' ? { ...frame, body: state.kept.get(frame.handle)! } : frame),
    setTimer: (timer, afterMs) => out.setTimer(timer, afterMs),
    cancelTimer: (timer) => out.cancelTimer(timer),
    diskRead: () => undefined,
    diskWrite: () => undefined,
    diskFlush: () => undefined,
    reply: (_, result) => answered(result),
    deliver: perform,
    trace: (step, a, b) => out.trace(`session ${step}`, a, b),
  });
  if (records > 0)
    stepSession(state, { type: 'consumed', trafficClass, records }, env, out, undefined, () => undefined);
  if (isWritable) sendWaiting(state, env, out);
}

/** The session names the handle of an arriving record by the message itself, of which it delivers one at a time. */
function withoutBody(event: SessionEvent): { event: SessionEvent; arriving: LineBody | undefined } {
  if (event.type !== 'frame' || event.frame.type !== 'data') return { event, arriving: undefined };
  const { body, ...frame } = event.frame as Extract<LineFrame, { type: 'data' }>;
  return { event: { ...event, frame }, arriving: body };
}

export const lineKernel: Kernel<LineState, LineEvent, LineEnv, LineFrame, never, LineNotice> = {
  name: 'line',
  table,
  initial: (env) => ({
    session: sessionKernel.initial(env),
    kept: new Map(),
    waiting: [],
    said: 0,
    heard: 0,
    heldBack: [],
  }),
  row: () => 'any',
  column: (event) =>
    event.type === 'say' || event.type === 'joined' || event.type === 'left' ? event.type : sessionKernel.column(event),
  step(state, event, env, out) {
    if (event.type === 'say') {
      say(state, event.body, env, out);
      return;
    }
    if (event.type === 'joined' || event.type === 'left') {
      changeSession(state, event, env, out);
      return;
    }
    const { event: inner, arriving } = withoutBody(event);
    stepSession(state, inner, env, out, arriving, () => undefined);
  },
  encode(state, into) {
    sessionKernel.encode(state.session, into);
    into.list([...state.kept], ([handle, body], to) => {
      to.uint(handle);
      writePlain(body, to);
    });
    into.list(state.waiting, writePlain);
    into.uint(state.said);
    into.uint(state.heard);
    into.list(state.heldBack, writePlain);
  },
  decode: (from) => ({
    session: sessionKernel.decode(from),
    kept: new Map(from.list((each) => [each.uint(), readPlain(each) as LineBody] as const)),
    waiting: from.list((each) => readPlain(each) as LineBody),
    said: from.uint(),
    heard: from.uint(),
    heldBack: from.list((each) => readPlain(each) as LineBody),
  }),
};

/** Plain data as the characters of its JSON: the order of fields is that of the code that makes them. */
export function writePlain(value: unknown, into: Encoder): void {
  into.list([...JSON.stringify(value)], (character, to) => to.uint(character.codePointAt(0)!));
}

export const readPlain = (from: Decoder): unknown =>
  JSON.parse(String.fromCodePoint(...from.list((each) => each.uint())));
