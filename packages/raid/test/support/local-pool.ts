import type { PagePool } from '@holdfast/runtime';
import { Arena } from '../../../runtime/src/memory/arena.ts';
import { LocalPagePool } from '../../../runtime/src/memory/page-pool.ts';
import { formatPageRange } from '../../../runtime/src/memory/page-range.ts';

const pageBytes = 4096;

/** The pools of some members over one arena of its own, as their threads would have them, all in this thread. */
export function memberPools(members: readonly number[], pagesEach = 4096): Map<number, PagePool> {
  const arena = Arena.create((members.length + 1) * pagesEach * pageBytes + (8 << 20));
  return new Map(
    members.map((member) => {
      const range = arena.take(pagesEach * pageBytes);
      formatPageRange(arena, range);
      return [member, new LocalPagePool({ arena, self: member, incarnation: 1, range })];
    }),
  );
}
