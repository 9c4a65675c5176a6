import { byBlock, byGroup, NamedTable, type Naming } from '../kernel/named-table.ts';
import type { ProxyState } from '../kernel/proxy-state.ts';
import type { ResyncState } from '../kernel/resync-state.ts';
import { blocksUnderWay, namesOf, rowsUnderWay } from './under-way.ts';

/*
 * A kernel keeps the blocks that something is under way for, and a few more; the map of the drive has them all.
 */
const idleBlocksKept = 64;

export function forgetIdleBlocks(state: ResyncState): void {
  const { data, deputies, restoring, reads, calls } = state;
  const count = data.updates.length + data.waiting.length + restoring.length + reads.length + calls.length;
  forget(data.blocks, count, () => blocksUnderWay(state), byBlock);
  for (const { data: of } of deputies) {
    const names = () => [...namesOf(of.updates), ...of.waiting];
    forget(of.blocks, of.updates.length + of.waiting.length, names, byBlock);
  }
}

export function forgetIdleParity(state: ProxyState): void {
  const { parity, operations } = state;
  const count = parity.updates.length + parity.requested.length + operations.length;
  forget(parity.blocks, count, () => rowsUnderWay(state), byGroup);
}

/** Asked with every event: what is under way is counted, and named only where it comes to that. */
function forget<Name, Known extends Name>(
  known: NamedTable<Name, Known>,
  count: number,
  underWay: () => readonly Name[],
  naming: Naming<Name>,
): void {
  if (known.size <= 2 * count + idleBlocksKept) return;
  const busy = new NamedTable<Name, Name>(naming, underWay());
  for (const block of [...known]) if (!busy.has(block)) known.delete(block);
}
