import { expireFirst, refuse } from './owner-turns.ts';
import {
  anonymousKey,
  bypassKey,
  type ClientId,
  type FileId,
  type IsLapsed,
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

const deniersOf = (state: NfsState, file: FileId, mode: number): ClientId[] =>
  [...(state.files.get(file)?.opens ?? [])]
    .map((key) => state.opens.get(key)!)
    .filter(({ deny }) => (deny & mode) !== 0)
    .map(({ client }) => client);

/**
 * READ and WRITE under a stateid (RFC 7530, 9.1.4): of an open or of locks, whose open must have the access; without one
 * (anonymous) nobody may deny it; the bypass id reads whatever is denied.
 */
export function planIo(state: NfsState, { file, stateid, write }: Asked<'io'>, mint: Mint, isLapsed: IsLapsed): Plan {
  const mode = write ? shareWrite : shareRead;
  if (stateid.key === bypassKey && !write) return refuse('OK');
  if (stateid.key === anonymousKey || stateid.key === bypassKey) {
    const deniers = deniersOf(state, file, mode);
    if (deniers.length === 0) return refuse('OK');
    return deniers.every(isLapsed) ? expireFirst(deniers) : refuse('LOCKED');
  }
  const found = state.locks.has(stateid.key) ? locksOf(state, stateid, mint) : openOf(state, stateid, mint);
  if (typeof found === 'string') return refuse(found);
  const open = 'ranges' in found ? state.opens.get(found.open)! : found;
  const isConfirmed = state.openOwners.get(ownerKey(open.client, open.owner))?.confirmed ?? true;
  const isUsable = found.file === file && isConfirmed;
  if (!isUsable) return refuse('BAD_STATEID');
  return refuse((open.access & mode) === 0 ? 'OPENMODE' : 'OK');
}
