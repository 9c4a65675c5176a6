import { expireFirst, refuse } from './owner-turns.ts';
import { delegationOf, planRecall, recallFor } from './plan-delegations.ts';
import { layoutOf } from './plan-layouts.ts';
import {
  anonymousStateid,
  bypassStateid,
  type ClientId,
  type Delegation,
  type FileId,
  type Here,
  type Layout,
  type Locks,
  type Mint,
  type NfsState,
  type Open,
  type Operation,
  ownerKey,
  type Plan,
  type Stateid,
  type Status,
  shareRead,
  shareWrite,
} from './state-types.ts';
import { locksOf, openOf } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

const isSame = (one: Stateid, other: Stateid): boolean => one.key === other.key && one.seqid === other.seqid;

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
  const isBypass = isSame(stateid, bypassStateid);
  const isSpecial = isBypass || isSame(stateid, anonymousStateid);
  const recall = isSpecial ? recallFor(state, { file, client: undefined, access: mode, deny: 0 }, here) : 'none';
  if (recall !== 'none') return planRecall(recall);
  if (isBypass && !write) return refuse('OK');
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

type Held = Open | Locks | Delegation | Layout;

/** What a stateid of a client stands for, or what is said of it. */
function namedByStateid(state: NfsState, stateid: Stateid, client: ClientId, mint: Mint): Held | Status {
  const { key } = stateid;
  if (state.layouts.has(key)) return layoutOf(state, stateid, client, mint);
  const found = state.opens.has(key)
    ? openOf(state, stateid, mint)
    : state.locks.has(key)
      ? locksOf(state, stateid, mint)
      : delegationOf(state, stateid, mint);
  return typeof found === 'string' || found.client === client ? found : 'BAD_STATEID';
}

/**
 * FREE_STATEID (RFC 8881, 18.38): of what was taken, and of locks that hold no bytes; what is held is not freed so.
 */
export function planFree(state: NfsState, { client, stateid }: Asked<'free-stateid'>, mint: Mint): Plan {
  const { key } = stateid;
  if (state.revoked.get(key) === client) {
    return { reply: { status: 'OK' }, deltas: [{ type: 'revoked-freed', key }] };
  }
  const found = namedByStateid(state, stateid, client, mint);
  if (typeof found === 'string') return refuse(found === 'DELEG_REVOKED' ? 'BAD_STATEID' : found);
  const isEmpty = state.locks.get(key)?.ranges.length === 0;
  return isEmpty ? { reply: { status: 'OK' }, deltas: [{ type: 'locks-gone', key }] } : refuse('LOCKS_HELD');
}

/** TEST_STATEID (RFC 8881, 18.48): what would be said of it. */
export function testStateid(state: NfsState, { client, stateid }: Asked<'test-stateid'>, mint: Mint): Status {
  const found = namedByStateid(state, stateid, client, mint);
  return typeof found === 'string' ? found : 'OK';
}
