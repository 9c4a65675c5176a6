import type { Handle } from '@holdfast/kernel';
import type { DataState, DataUpdate } from '../kernel/data-state.ts';
import type { BlockName, GroupName } from '../kernel/named-table.ts';
import type { ProxyState } from '../kernel/proxy-state.ts';
import type { ResyncState } from '../kernel/resync-state.ts';
import { levelOf } from './update-levels.ts';

/** Blocks of this member that something is under way for, each as often as that. */
export const blocksUnderWay = ({ data, restoring, reads, calls }: ResyncState): BlockName[] => [
  ...namesOf(data.updates),
  ...data.waiting,
  ...restoring,
  ...reads,
  ...calls,
];

export const namesOf = (updates: DataState['updates']): BlockName[] => updates.map(({ entry }) => entry);

/** Rows whose parity is here that something is under way for. */
export const rowsUnderWay = ({ parity, operations }: ProxyState): GroupName[] => [
  ...parity.updates.map(({ entry }) => entry.mj),
  ...parity.requested.map(({ mj }) => mj),
  ...operations,
];

/** Updates that are under way in the place of other members. */
const updatesForOthers = ({ deputies }: ResyncState): DataUpdate[] => deputies.flatMap(({ data }) => [...data.updates]);

/** Whether a write of these blocks was begun and is not at toughness 2. */
export function isWriteBelow(state: ResyncState, isAsked: (of: BlockName) => boolean): boolean {
  const { data, calls } = state;
  const isOpen = (update: DataUpdate) => isAsked(update.entry) && levelOf(update) < 2;
  return (
    [...data.updates, ...updatesForOthers(state)].some(isOpen) || data.waiting.some(isAsked) || calls.some(isAsked)
  );
}

/** Whether it is known what becomes of all that the log left open, and every parity IOM was heard. */
export function isEverythingDecided({ data, partners }: ResyncState): boolean {
  if (data.recovering || partners.some(({ status }) => status === 'apart' || status === 'greeted')) return false;
  return data.updates.every(({ stage }) => stage === 'updating' || stage === 'preparing');
}

/** Blocks that came to be restored, and differences of what is written in the place of others. */
export function wantedPages(state: ResyncState): ReadonlySet<Handle> {
  const blocks = state.restoring.flatMap(({ value, sums }) => [value, ...sums.map((sum) => sum.value)]);
  return new Set([...blocks, ...updatesForOthers(state).map(({ delta }) => delta)]);
}
