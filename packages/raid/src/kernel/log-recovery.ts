import type { BatchBody, BatchHead, DriveContents, LogEnv, LogSink, LogState, Lsn } from './log-state.ts';

/**
 * Bring back what a drive holds: the newest superblock, its checkpoint, and every batch from the tail on.
 *
 * A batch is written only after the one before is durable. So an unreadable batch with a valid later one behind it was
 * durable once: that is damage. One with nothing behind it is the torn end of the last write, which nobody was told of.
 */
export function recoverLog(state: LogState, contents: DriveContents, env: LogEnv, out: LogSink): void {
  const { rules } = env;
  const found = contents.superblocks.filter((superblock) => superblock !== undefined);
  const newest = found.toSorted((a, b) => b.generation - a.generation)[0];
  const checkpoint = contents.checkpoints[rules.slotOf(newest?.generation ?? 0)];
  if (newest === undefined || checkpoint?.generation !== newest.generation) {
    damaged(state, out);
    return;
  }
  state.generation = newest.generation;
  state.tail = newest.tail;
  state.head = newest.tail;
  state.chain = newest.chain;
  state.image = checkpoint.image;
  for (;;) {
    const batch = batchAt(contents, state.head, env);
    if (batch === undefined || batch.head.previous !== state.chain) break;
    for (const entry of batch.body.entries) state.image = env.fold(state.image, entry);
    state.chain = batch.head.checksum;
    state.head++;
  }
  if (rules.looksAhead() && hasLater(contents, state.head, env)) damaged(state, out);
  else {
    state.phase = 'open';
    out.trace('opened', state.image);
  }
}

function damaged(state: LogState, out: LogSink): void {
  state.phase = 'damaged';
  out.trace('damaged', state.head);
}

/** The batch of that number; undefined where its sectors hold another one or do not belong together. */
function batchAt(
  contents: DriveContents,
  lsn: Lsn,
  env: LogEnv,
): { readonly head: BatchHead; readonly body: BatchBody } | undefined {
  const slot = lsn % env.ringBatches;
  const head = contents.heads[slot];
  const body = contents.bodies[slot];
  if (head === undefined || head.lsn !== lsn || body === undefined) return undefined;
  const { checksum, ...rest } = head;
  return !env.rules.checksBatch() || env.checksum(rest, body) === checksum ? { head, body } : undefined;
}

const hasLater = (contents: DriveContents, end: Lsn, env: LogEnv): boolean =>
  contents.heads.some((head) => head !== undefined && head.lsn > end && batchAt(contents, head.lsn, env) !== undefined);
