import { type BlockName, byBlock, byGroup, type GroupName, NamedTable } from '../kernel/named-table.ts';
import type { ProxyState } from '../kernel/proxy-state.ts';
import type { ResyncState } from '../kernel/resync-state.ts';

/*
 * A kernel keeps the blocks that something is under way for, and a few more; the map of the drive has them all.
 */
const idleBlocksKept = 64;

export function forgetIdleBlocks({ data, restoring, reads, calls }: ResyncState): void {
  const lists = [data.waiting, restoring, reads, calls];
  const count = lists.reduce((sum, list) => sum + list.length, data.updates.length);
  if (data.blocks.size <= 2 * count + idleBlocksKept) return;
  const named = [...data.updates.map(({ entry }) => entry), ...lists.flat()];
  const busy = new NamedTable<BlockName, BlockName>(byBlock, named);
  for (const block of [...data.blocks]) if (!busy.has(block)) data.blocks.delete(block);
}

export function forgetIdleParity({ parity, operations, held }: ProxyState): void {
  const { updates, requested, blocks } = parity;
  const count = updates.length + requested.length + operations.length + held.length;
  if (blocks.size <= 2 * count + idleBlocksKept) return;
  const named = [...updates.map(({ entry }) => entry), ...requested].map(({ mj }) => mj);
  const busy = new NamedTable<GroupName, GroupName>(byGroup, [...named, ...operations]);
  for (const block of [...blocks]) if (!busy.has(block)) blocks.delete(block);
}
