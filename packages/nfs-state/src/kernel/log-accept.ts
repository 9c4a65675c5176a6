import type { LogEnv } from './log-env.ts';
import { refused } from './log-own-proposals.ts';
import { stage } from './log-staged.ts';
import type { HeadMessage, HeadNumber, LogBatch, LogRecord, LogSink, LogState } from './log-types.ts';

type Proposal = Extract<HeadMessage, { type: 'PROPOSE' }>;

/**
 * Compare and append: the record takes the next place in the log, unless something it was decided on was touched after
 * what its head had seen.
 */
export function accept(
  state: LogState,
  from: HeadNumber,
  { record, compares, seen }: Proposal,
  env: LogEnv,
  out: LogSink,
): void {
  const by = compares.reduce((last, key) => Math.max(last, env.rules.lastTouch(key, state)), 0);
  if (!env.rules.isCurrent(by, seen)) {
    out.trace('refuse', from, by);
    if (from === env.self) refused(state, record.proposal, by);
    else out.send(from, { type: 'REFUSE', epoch: state.epoch, proposal: record.proposal, by });
    return;
  }
  state.tail++;
  for (const key of record.touches) state.touched.set(key, state.tail);
  if (state.touched.size > env.touchedKeysMax) {
    state.touched.clear();
    state.floor = env.rules.floorAfterForgetting(state.tail);
  }
  state.queue.push(record);
  writeNext(state, env, out);
}

/**
 * One batch at a time: what comes meanwhile is made durable together, and a later batch proves the earlier ones. After a
 * batch the next one waits for what those ask who were just answered, for as long as the host thinks that it pays.
 */
export function writeNext(state: LogState, env: LogEnv, out: LogSink): void {
  if (state.phase !== 'appending' || state.writing || state.gathering || state.queue.length === 0) return;
  const records = state.queue.slice(0, fitting(state.queue, env));
  state.queue = state.queue.slice(records.length);
  const batch: LogBatch = { epoch: state.epoch, number: state.next, first: state.applied + 1, records };
  state.writing = true;
  stage(state, batch, env);
  out.trace('batch', batch.number);
  for (const { head, welcome } of state.followers) if (welcome) out.send(head, { type: 'BATCH', batch });
  out.deliver({ type: 'append', epoch: state.epoch, batch });
}

/** How many of the records that wait go into one batch: at least one. */
function fitting(queue: readonly LogRecord[], { batchRecordsMax, batchBytesMax, bytesOf }: LogEnv): number {
  let bytes = 0;
  for (const [at, record] of queue.entries()) {
    bytes += bytesOf(record);
    if (at > 0 && (at === batchRecordsMax || bytes > batchBytesMax)) return at;
  }
  return queue.length;
}
