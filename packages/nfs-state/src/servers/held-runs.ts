import type { PagePool } from '@holdfast/runtime/service';
import type { ByteRun } from '../byte-run.ts';
import { PagesGoneError } from '../errors.ts';
import { blockBytes } from '../objects/object-port.ts';
import type { RunMessage } from './messages.ts';

/** Run `work` on the bytes of a client's pages. They are neither used again nor cleared before it is over. */
export async function withRuns<Value>(
  pages: PagePool,
  runs: readonly RunMessage[],
  work: (runs: readonly ByteRun[]) => Promise<Value>,
): Promise<Value> {
  const held: RunMessage[] = [];
  try {
    for (const run of runs) {
      if (!pages.hold(run.page, pagesOf(run), run.generation)) throw new PagesGoneError();
      held.push(run);
    }
    return await work(held.map((run) => ({ offset: run.offset, bytes: bytesOf(pages, run) })));
  } finally {
    for (const run of held) pages.release(run.page, pagesOf(run));
  }
}

const pagesOf = ({ at, bytes }: RunMessage): number => Math.ceil((at + bytes) / blockBytes);

const bytesOf = (pages: PagePool, run: RunMessage): Uint8Array =>
  pages.bytes(run.page, pagesOf(run)).subarray(run.at, run.at + run.bytes);
