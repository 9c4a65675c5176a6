import type { LogEnv } from './log-env.ts';
import type { LogBatch, LogState } from './log-types.ts';

export function refused(state: LogState, proposal: number, by: number): void {
  const pending = state.pending.find((each) => each.phase === 'proposed' && each.number === proposal);
  if (pending === undefined) return;
  pending.phase = 'waiting';
  pending.after = by;
}

export function told(state: LogState, question: number): void {
  const pending = state.pending.find((each) => each.phase === 'asking' && each.number === question);
  if (pending === undefined) return;
  pending.phase = 'waiting';
  pending.wasTold = true;
}

/** Records were met in the log: perhaps some are this head's own. */
export function meetAll(state: LogState, { first, records }: LogBatch, { self, life }: LogEnv): void {
  for (const [at, record] of records.entries()) {
    if (record.head !== self || record.life !== life) continue;
    const own = state.pending.find(({ phase, number }) => phase === 'proposed' && number === record.proposal);
    if (own !== undefined) own.index = first + at;
  }
}

/** Those of this head's proposals that are in a snapshot. */
export function meetAccepted(state: LogState, { self, life }: LogEnv): void {
  const own = state.accepted.find((each) => each.head === self && each.life === life);
  for (const each of state.pending) {
    if (each.phase === 'proposed' && own?.numbers.includes(each.number)) each.index = state.applied;
  }
}

/** Another appender is followed now: what was proposed to the one before is in the log by now, or never will be. */
export function proposeAnew(state: LogState, env: LogEnv): void {
  for (const each of state.pending) {
    if (each.phase === 'proposed' && each.under !== state.epoch) {
      if (each.index === 0 || !env.rules.findsItsOwn()) each.phase = 'waiting';
      each.under = state.epoch;
    }
  }
}

/** What the appender before this one said, or did not say, is of no more use. */
export function forgetOldAppender(state: LogState): void {
  for (const each of state.pending) {
    if (each.phase === 'asking') each.phase = 'waiting';
    each.after = 0;
    if (each.under !== state.epoch && each.index > state.applied) each.index = 0;
  }
}
