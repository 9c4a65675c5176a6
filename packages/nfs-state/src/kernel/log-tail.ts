import type { LogEnv } from './log-env.ts';
import { forgetOldAppender, meetAccepted, meetAll, proposeAnew } from './log-own-proposals.ts';
import { attend, join } from './log-requests.ts';
import { apply, applyDurable, lastOf, settle, stage } from './log-staged.ts';
import type { HeadMessage, LogBatch, LogContents, LogIndex, LogSink, LogState } from './log-types.ts';

type Welcome = Extract<HeadMessage, { type: 'WELCOME' }>;

/** This head follows the appender from now on, and catches up with it before it serves. */
export function follow(state: LogState, { durable, settled }: Welcome, env: LogEnv, out: LogSink): void {
  state.welcome = true;
  state.staged = [];
  state.durable = durable;
  settle(state, settled);
  state.reading = 0;
  forgetOldAppender(state);
  out.send(state.appender, { type: 'HEARD', epoch: state.epoch, index: durable });
  if (state.applied < durable) {
    if (!env.rules.servesWhileReading()) state.serving = false;
    read(state, out);
  } else {
    caughtUp(state, env, out);
  }
}

function read(state: LogState, out: LogSink): void {
  state.reading++;
  out.deliver({ type: 'read', epoch: state.epoch, from: state.next });
}

/** A batch is being made durable: it is heard of at once, and applied once it is. A snapshot may have led beyond it. */
export function hear(state: LogState, batch: LogBatch, env: LogEnv, out: LogSink): void {
  if (env.rules.isNews(batch.number, state.next)) stage(state, batch, env);
  out.send(state.appender, { type: 'HEARD', epoch: state.epoch, index: lastOf(batch) });
  if (state.reading === 0) applyDurable(state, env);
  attend(state, env, out);
}

export function progress(state: LogState, durable: LogIndex, settled: LogIndex, env: LogEnv, out: LogSink): void {
  state.durable = durable;
  settle(state, settled);
  if (state.reading === 0) applyDurable(state, env);
  attend(state, env, out);
}

/** Batches of a read that are new, from the snapshot on if it begins with one. */
export function takeUp(state: LogState, contents: LogContents, env: LogEnv): readonly LogBatch[] {
  const snapshot = env.rules.startsFrom(contents.snapshot);
  if (snapshot !== undefined && snapshot.index > state.applied) {
    state.image = env.load(snapshot.image);
    state.applied = snapshot.index;
    state.snapshotAt = snapshot.index;
    state.next = snapshot.next;
    state.unsettled = snapshot.unsettled.filter(({ index }) => index > state.settled);
    state.accepted = [...snapshot.accepted];
    if (env.rules.findsInSnapshots()) meetAccepted(state, env);
    state.durable = Math.max(state.durable, snapshot.index);
  }
  return env.rules.valid(contents).filter(({ number }) => number >= state.next);
}

/** What was read is applied as far as it is known to be durable. */
export function found(state: LogState, contents: LogContents, env: LogEnv, out: LogSink): void {
  state.reading--;
  for (const batch of takeUp(state, contents, env)) {
    if (!env.rules.mayApply(lastOf(batch), state.durable)) break;
    meetAll(state, batch, env);
    apply(state, batch, env);
  }
  state.staged = state.staged.filter(({ number }) => number >= state.next);
  if (state.applied >= state.durable || state.staged[0]?.number === state.next) {
    state.reading = 0;
    applyDurable(state, env);
    caughtUp(state, env, out);
  } else if (state.reading === 0) {
    read(state, out);
  }
}

/** Everything is here that was answered under any appender so far. */
export function caughtUp(state: LogState, env: LogEnv, out: LogSink): void {
  state.serving = true;
  out.trace('serves', state.applied);
  proposeAnew(state, env);
  attend(state, env, out);
}

/** Out of touch for too long: serve nothing before the appender has been heard of again. */
export function lapse(state: LogState, env: LogEnv, out: LogSink): void {
  if (!env.rules.servesWhenLapsed()) state.serving = false;
  join(state, env, out);
}
