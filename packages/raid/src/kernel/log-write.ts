import type { BatchBody, LogEnv, LogSink, LogState } from './log-state.ts';

/** Begin whatever can begin: a batch when the ring has room, a checkpoint when it is nearly full. */
export function advance(state: LogState, env: LogEnv, out: LogSink): void {
  if (state.phase !== 'open') return;
  const used = state.head - state.tail;
  const { ringBatches, rules } = env;
  if (state.batch === undefined && state.queue.length > 0 && used < rules.capacity(ringBatches))
    beginBatch(state, env, out);
  if (state.checkpoint === undefined && used >= ringBatches - 1) beginCheckpoint(state, env, out);
}

/** One batch at a time: the next is written only after this one is durable, so that a later one proves an earlier one. */
function beginBatch(state: LogState, env: LogEnv, out: LogSink): void {
  const entries = state.queue.slice(0, env.entriesPerBatchMax);
  state.queue = state.queue.slice(env.entriesPerBatchMax);
  const body: BatchBody = { entries: entries.map(({ entry }) => entry) };
  const head = { lsn: state.head, previous: state.chain };
  const checksum = env.checksum(head, body);
  state.batch = { entries, checksum, sectors: 2 };
  const slot = state.head % env.ringBatches;
  out.trace('batch', state.head);
  out.deliver({ type: 'write', op: 'batch', place: { area: 'head', slot }, content: { ...head, checksum } });
  out.deliver({ type: 'write', op: 'batch', place: { area: 'body', slot }, content: body });
}

export function batchWritten(state: LogState, env: LogEnv, out: LogSink): void {
  const { batch } = state;
  if (batch === undefined) return;
  batch.sectors--;
  if (batch.sectors > 0) return;
  if (!env.rules.answersAfterFlush()) answer(state, out);
  out.deliver({ type: 'flush', op: 'batch' });
}

export function batchFlushed(state: LogState, env: LogEnv, out: LogSink): void {
  const { batch } = state;
  if (batch === undefined) return;
  if (env.rules.answersAfterFlush()) answer(state, out);
  for (const { entry } of batch.entries) state.image = env.fold(state.image, entry);
  state.head++;
  state.chain = batch.checksum;
  state.batch = undefined;
}

function answer({ batch }: LogState, out: LogSink): void {
  for (const { call } of batch?.entries ?? []) out.reply(call, 'durable');
}

/** Law L3: a checkpoint holds what the log holds durably, never more. */
function beginCheckpoint(state: LogState, env: LogEnv, out: LogSink): void {
  const { rules } = env;
  const ahead = rules.savesDurable() ? [] : [...(state.batch?.entries ?? []), ...state.queue];
  const image = ahead.reduce((sum, { entry }) => env.fold(sum, entry), state.image);
  const generation = state.generation + 1;
  state.checkpoint = { lsn: state.head - 1, chain: state.chain, image, step: 'checkpoint' };
  const place = { area: 'checkpoint', slot: rules.slotOf(generation) } as const;
  out.trace('checkpoint', state.head - 1);
  out.deliver({ type: 'write', op: 'checkpoint', place, content: { generation, image } });
}

export function checkpointWritten(state: LogState, env: LogEnv, out: LogSink): void {
  const { checkpoint } = state;
  if (checkpoint === undefined) return;
  if (checkpoint.step === 'checkpoint' && !env.rules.checkpointsFirst()) {
    beginSuperblock(state, env, out);
    return;
  }
  if (checkpoint.step === 'superblock' && !env.rules.trimsAfterSuperblock()) state.tail = checkpoint.lsn + 1;
  out.deliver({ type: 'flush', op: 'checkpoint' });
}

export function checkpointFlushed(state: LogState, env: LogEnv, out: LogSink): void {
  const { checkpoint } = state;
  if (checkpoint === undefined) return;
  if (checkpoint.step === 'checkpoint') {
    beginSuperblock(state, env, out);
    return;
  }
  state.generation++;
  state.tail = checkpoint.lsn + 1;
  state.checkpoint = undefined;
  out.trace('trimmed', state.tail);
}

function beginSuperblock(state: LogState, { rules }: LogEnv, out: LogSink): void {
  const { checkpoint } = state;
  if (checkpoint === undefined) return;
  checkpoint.step = 'superblock';
  const generation = state.generation + 1;
  const place = { area: 'superblock', slot: rules.slotOf(generation) } as const;
  const content = { generation, tail: checkpoint.lsn + 1, chain: checkpoint.chain };
  out.deliver({ type: 'write', op: 'checkpoint', place, content });
}
