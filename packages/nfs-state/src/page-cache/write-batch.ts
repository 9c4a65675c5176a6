import type { PageRequest } from '../kernel/page-sync-types.ts';
import { pagesPerCallMax, runBytesMax, runsPerCallMax } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';
import type { RunMessage } from '../servers/messages.ts';
import type { ByteRanges } from './byte-ranges.ts';
import type { Frame } from './frames.ts';

export type WriteRequest = Extract<PageRequest, { type: 'WRITE' }>;

/** A page on its way to a server. */
export interface PageWrite {
  readonly asked: WriteRequest;
  readonly frame: Frame;
  readonly ranges: ByteRanges;
}

/** Pages that go to one server in one call, and the bytes of theirs that do. */
export interface WriteBatch {
  readonly layout: number;
  readonly lease: number;
  readonly writes: PageWrite[];
  readonly runs: RunMessage[];
}

/** Gather writes into as few calls and runs as they fit in, in their order. */
export function batchesOf(writes: readonly PageWrite[]): WriteBatch[] {
  const batches: WriteBatch[] = [];
  for (const write of writes) {
    const { layout, lease } = write.asked;
    let batch = batches.at(-1);
    const fits =
      batch !== undefined &&
      batch.layout === layout &&
      batch.lease === lease &&
      batch.writes.length < pagesPerCallMax &&
      batch.runs.length + write.ranges.length / 2 <= runsPerCallMax;
    if (batch === undefined || !fits) {
      batch = { layout, lease, writes: [], runs: [] };
      batches.push(batch);
    }
    batch.writes.push(write);
    addRuns(batch.runs, write.asked.page, write.frame, write.ranges);
  }
  return batches;
}

/** Add bytes of a page to runs: to the last one, where they go on side by side in file and memory. */
export function addRuns(runs: RunMessage[], page: number, frame: Frame, ranges: ByteRanges): void {
  for (let place = 0; place < ranges.length; place += 2) {
    const at = ranges[place]!;
    const bytes = ranges[place + 1]! - at;
    const offset = page * blockBytes + at;
    const last = runs.at(-1);
    const goesOn =
      last !== undefined &&
      last.offset + last.bytes === offset &&
      last.page * blockBytes + last.at + last.bytes === frame.page * blockBytes + at &&
      last.generation === frame.generation &&
      last.bytes + bytes <= runBytesMax;
    if (goesOn) runs[runs.length - 1] = { ...last, bytes: last.bytes + bytes };
    else runs.push({ offset, bytes, page: frame.page, at, generation: frame.generation });
  }
}
