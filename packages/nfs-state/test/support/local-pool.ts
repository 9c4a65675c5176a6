import type { PagePool } from '@holdfast/runtime';
import { Arena } from '../../../runtime/src/memory/arena.ts';
import { LocalPagePool } from '../../../runtime/src/memory/page-pool.ts';
import { formatPageRange } from '../../../runtime/src/memory/page-range.ts';

const pageBytes = 4096;

/** Pools of members over one arena of their own, as their threads would have them, all in this thread. */
export function memberPools(members: number, pagesEach: number): PagePool[] {
  const arena = Arena.create((members + 1) * pagesEach * pageBytes + (8 << 20));
  return Array.from({ length: members }, (_, self) => {
    const range = arena.take(pagesEach * pageBytes);
    formatPageRange(arena, range);
    return new LocalPagePool({ arena, self, incarnation: 1, range });
  });
}
