import type { LogEnv } from './log-env.ts';
import { meetAll } from './log-own-proposals.ts';
import type { LogBatch, LogIndex, LogRecord, LogState } from './log-types.ts';

export const lastOf = ({ first, records }: LogBatch): LogIndex => first + records.length - 1;

/** Heard of: what it touches is not decided on before it is known whether it is durable. */
export function stage(state: LogState, batch: LogBatch, env: LogEnv): void {
  state.staged.push(batch);
  meetAll(state, batch, env);
}

/** Every head has heard of everything up to here, or is fenced. */
export function settle(state: LogState, settled: LogIndex): void {
  state.settled = settled;
  state.unsettled = state.unsettled.filter(({ index }) => index > settled);
}

/** Apply what is known to be durable, in order. */
export function applyDurable(state: LogState, env: LogEnv): void {
  while (state.staged.length > 0 && env.rules.mayApply(lastOf(state.staged[0]!), state.durable)) {
    apply(state, state.staged.shift()!, env);
  }
}

export function apply(state: LogState, batch: LogBatch, env: LogEnv): void {
  for (const [at, record] of batch.records.entries()) {
    state.image = env.apply(state.image, record.change);
    const index = batch.first + at;
    const waitsFor = record.takesAway ? index : env.rules.restsOn(record.touches, state.unsettled);
    // What follows from a right that is being taken away must not be said again either before that is settled.
    if (waitsFor > state.settled) state.unsettled.push({ index: waitsFor, touches: record.touches });
    remember(state, record);
  }
  state.applied = lastOf(batch);
  state.next = batch.number + 1;
}

function remember(state: LogState, { head, life, proposal, oldest }: LogRecord): void {
  const at = state.accepted.findIndex((each) => each.head === head);
  const before = state.accepted[at];
  const kept = before?.life === life ? before.numbers.filter((number) => number >= oldest) : [];
  const now = { head, life, numbers: [...kept, proposal] };
  if (at === -1) state.accepted = [...state.accepted, now].sort((one, other) => one.head - other.head);
  else state.accepted[at] = now;
}
