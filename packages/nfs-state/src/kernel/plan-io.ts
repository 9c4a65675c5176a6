import { refuse } from './owner-turns.ts';
import {
  anonymousKey,
  bypassKey,
  type FileId,
  type Mint,
  type NfsState,
  type Operation,
  ownerKey,
  type Plan,
  shareRead,
  shareWrite,
} from './state-types.ts';
import { locksOf, openOf } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

function isDeniedToAll(state: NfsState, file: FileId, mode: number): boolean {
  for (const key of state.files.get(file)?.opens ?? []) if ((state.opens.get(key)!.deny & mode) !== 0) return true;
  return false;
}

/**
 * READ and WRITE under a stateid (RFC 7530, 9.1.4): of an open or of locks, whose open must have the access; without one
 * (anonymous) nobody may deny it; the bypass id reads whatever is denied.
 */
export function planIo(state: NfsState, { file, stateid, write }: Asked<'io'>, mint: Mint): Plan {
  const mode = write ? shareWrite : shareRead;
  if (stateid.key === bypassKey && !write) return refuse('OK');
  if (stateid.key === anonymousKey || stateid.key === bypassKey) {
    return refuse(isDeniedToAll(state, file, mode) ? 'LOCKED' : 'OK');
  }
  const found = state.locks.has(stateid.key) ? locksOf(state, stateid, mint) : openOf(state, stateid, mint);
  if (typeof found === 'string') return refuse(found);
  const open = 'ranges' in found ? state.opens.get(found.open)! : found;
  const isConfirmed = state.openOwners.get(ownerKey(open.client, open.owner))?.confirmed ?? true;
  const isUsable = found.file === file && isConfirmed;
  if (!isUsable) return refuse('BAD_STATEID');
  return refuse((open.access & mode) === 0 ? 'OPENMODE' : 'OK');
}
