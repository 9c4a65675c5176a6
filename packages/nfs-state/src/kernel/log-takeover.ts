import { advance, fence, welcome } from './log-append.ts';
import type { LogEnv } from './log-env.ts';
import { forgetOldAppender, meetAll, proposeAnew } from './log-own-proposals.ts';
import { join } from './log-requests.ts';
import { applyDurable, lastOf } from './log-staged.ts';
import { takeUp } from './log-tail.ts';
import {
  type ClaimEpoch,
  type HeadNumber,
  type LogBatch,
  type LogContents,
  type LogSink,
  type LogState,
  nobody,
} from './log-types.ts';

interface Appointment {
  readonly epoch: ClaimEpoch;
  readonly head: HeadNumber;
  readonly others: readonly HeadNumber[];
}

/** The coordination store says who appends from now on. */
export function appoint(state: LogState, { epoch, head, others }: Appointment, env: LogEnv, out: LogSink): void {
  state.epoch = epoch;
  state.appender = head;
  state.welcome = false;
  state.joining = state.joining.filter((each) => each.epoch >= epoch);
  if (head !== env.self) {
    join(state, env, out);
    return;
  }
  out.trace('appointed', epoch);
  state.followers = env.rules.waitsFor(others).map((each) => ({ head: each, life: 0, welcome: false, heard: 0 }));
  if (env.rules.claimsFirst()) {
    state.phase = 'claiming';
    out.deliver({ type: 'claim', epoch });
  } else {
    recover(state, out);
  }
}

/** Nothing of an earlier epoch lands any more: read to the tail. */
export function recover(state: LogState, out: LogSink): void {
  state.phase = 'recovering';
  out.deliver({ type: 'read', epoch: state.epoch, from: state.next });
}

/** Seal what was found, over a torn end if there is one; nobody hears of it before the seal is durable. */
export function seal(state: LogState, contents: LogContents, env: LogEnv, out: LogSink): void {
  const batches = takeUp(state, contents, env);
  state.isScattered = contents.isScattered;
  const last = batches.at(-1);
  const number = env.rules.sealsAt(last === undefined ? state.next : last.number + 1, contents);
  const first = last === undefined ? state.applied + 1 : lastOf(last) + 1;
  const sealing: LogBatch = { epoch: state.epoch, number, first, records: [] };
  state.staged = [...batches, sealing];
  state.phase = 'sealing';
  out.trace('seal', number);
  out.deliver({ type: 'append', epoch: state.epoch, batch: sealing });
}

/** The seal is durable: go on with the log. */
export function open(state: LogState, env: LogEnv, out: LogSink): void {
  state.phase = 'appending';
  state.tail = lastOf(state.staged.at(-1)!);
  state.durable = state.tail;
  state.floor = state.tail;
  forgetOldAppender(state);
  for (const batch of state.staged) meetAll(state, batch, env);
  applyDurable(state, env);
  state.settled = 0;
  state.reading = 0;
  state.serving = true;
  out.trace('open', state.tail);
  for (const { head, life } of state.joining) welcome(state, head, life, env, out);
  state.joining = [];
  proposeAnew(state, env);
  advance(state, true, env, out);
}

/** A head wants to follow the appender of that epoch, which may be this one, now or soon. */
export function joined(
  state: LogState,
  from: HeadNumber,
  asked: { readonly epoch: ClaimEpoch; readonly life: number },
  env: LogEnv,
  out: LogSink,
): void {
  const { epoch, life } = asked;
  if (state.phase === 'appending' && epoch === state.epoch) {
    welcome(state, from, life, env, out);
    return;
  }
  state.joining = [...state.joining.filter(({ head }) => head !== from), { head: from, epoch, life }];
  state.joining.sort((one, other) => one.head - other.head);
}

export function fenced(state: LogState, head: HeadNumber, life: number, env: LogEnv, out: LogSink): void {
  fence(state, head, life, env);
  if (state.phase === 'appending') advance(state, false, env, out);
}

/** The claim, the storage or the right to serve is lost: what was under way may be in the log or not. */
export function resign(state: LogState): void {
  state.appender = nobody;
  state.serving = false;
  state.phase = 'following';
  state.welcome = false;
  state.followers = [];
  state.queue = [];
  state.writing = false;
  state.gathering = false;
  state.saving = false;
  state.touched.clear();
  state.tail = 0;
  state.floor = 0;
}
