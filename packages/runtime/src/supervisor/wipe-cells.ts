import type { MemberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';

/**
 * Make the pages and inbox cells between a dead member and another as if never written. Both sides have let go of them:
 * the next incarnation must not take the last words of this one for an answer to its own.
 */
export function wipeCells(block: ClusterBlock, dead: MemberSlot, other: MemberSlot): void {
  const { words } = block.arena;
  for (const [from, to] of [
    [dead, other],
    [other, dead],
  ] as const) {
    for (const at of [block.statusPage(from, to), block.inboxCell(from, to)]) {
      // The tag by which a reader knows the group as written, then the count of writes.
      Atomics.store(words, at + 1, 0);
      Atomics.store(words, at, 0);
    }
  }
}
