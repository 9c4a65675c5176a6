import { expireFirst, refuse } from './owner-turns.ts';
import { delegationOf, planRecall, recallFor } from './plan-delegations.ts';
import {
  anonymousKey,
  bypassKey,
  type ClientId,
  type FileId,
  type Here,
  type Mint,
  type NfsState,
  type Operation,
  ownerKey,
  type Plan,
  type Status,
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
 * READ and WRITE under a stateid (RFC 7530, 9.1.4): of a delegation, or of an open or locks, whose open must have the access; without one
 * (anonymous) nobody may deny it; the bypass id reads whatever is denied.
 */
export function planIo(state: NfsState, { file, stateid, write }: Asked<'io'>, mint: Mint, here: Here): Plan {
  const mode = write ? shareWrite : shareRead;
  const isSpecial = stateid.key === anonymousKey || stateid.key === bypassKey;
  const recall = isSpecial ? recallFor(state, { file, client: undefined, access: mode, deny: 0 }, here) : 'none';
  if (recall !== 'none') return planRecall(recall);
  if (stateid.key === bypassKey && !write) return refuse('OK');
  if (isSpecial && state.grace !== undefined) return refuse('GRACE');
  if (isSpecial) {
    const deniers = deniersOf(state, file, mode);
    if (deniers.length === 0) return refuse('OK');
    return deniers.every(here.isLapsed) ? expireFirst(deniers) : refuse('LOCKED');
  }
  if (state.delegations.has(stateid.key) || state.revoked.has(stateid.key)) {
    const held = delegationOf(state, stateid, mint);
    if (typeof held === 'string') return refuse(held);
    if (held.file !== file) return refuse('BAD_STATEID');
    return refuse(write && held.type === 'read' ? 'OPENMODE' : 'OK');
  }
  const found = state.locks.has(stateid.key) ? locksOf(state, stateid, mint) : openOf(state, stateid, mint);
  if (typeof found === 'string') return refuse(found);
  const open = 'ranges' in found ? state.opens.get(found.open)! : found;
  const isConfirmed = state.openOwners.get(ownerKey(open.client, open.owner))?.confirmed ?? true;
  const isUsable = found.file === file && isConfirmed;
  if (!isUsable) return refuse('BAD_STATEID');
  return refuse((open.access & mode) === 0 ? 'OPENMODE' : 'OK');
}

/** TEST_STATEID (RFC 8881, 18.48): what would be said of it. */
export function testStateid(state: NfsState, { client, stateid }: Asked<'test-stateid'>, mint: Mint): Status {
  const { key } = stateid;
  const isOpen = state.opens.has(key);
  const found = isOpen
    ? openOf(state, stateid, mint)
    : state.locks.has(key)
      ? locksOf(state, stateid, mint)
      : delegationOf(state, stateid, mint);
  if (typeof found === 'string') return found;
  return found.client === client ? 'OK' : 'BAD_STATEID';
}
