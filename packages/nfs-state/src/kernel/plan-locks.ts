import type { StateBounds } from '../limits.ts';
import { unknownClient } from './expired-clients.ts';
import { askedRange, conflicting, rangeOf, without, withRange } from './lock-ranges.ts';
import { answerOutOfTurn, endTurn, expireFirst, refuse, type Turn } from './owner-turns.ts';
import { mayGet } from './plan-grace.ts';
import { locksOfOwner } from './state-deltas.ts';
import {
  type ClientId,
  type Delta,
  type FileId,
  type IsLapsed,
  type LockDenied,
  type LockedRange,
  type Locks,
  type LockType,
  type Mint,
  type NfsState,
  type Open,
  type Operation,
  ownerKey,
  type Plan,
  type Reply,
  type Status,
  shareRead,
  shareWrite,
} from './state-types.ts';
import { locksOf, mintKey, nextSeqid, openOf } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

/**
 * The lock of somebody else that is in the way (RFC 7530, 16.10.5); where only locks of lapsed clients are, these clients.
 */
function inTheWay(
  state: NfsState,
  file: FileId,
  self: string,
  wanted: LockedRange,
  isLapsed: IsLapsed,
): { readonly denied?: LockDenied; readonly lapsed: readonly ClientId[] } {
  const lapsed: ClientId[] = [];
  const own = self.slice(0, self.indexOf('/'));
  for (const key of state.files.get(file)?.locks ?? []) {
    const { client, owner, ranges } = state.locks.get(key)!;
    if (ownerKey(client, owner) === self) continue;
    const range = conflicting(ranges, wanted);
    if (range === undefined) continue;
    const isCourtesy = client !== own && isLapsed(client);
    if (!isCourtesy) return { denied: { client, owner, type: range.type, ...askedRange(range) }, lapsed: [] };
    lapsed.push(client);
  }
  return { lapsed };
}

function rangesOf(state: NfsState, file: FileId): number {
  let ranges = 0;
  for (const key of state.files.get(file)?.locks ?? []) ranges += state.locks.get(key)!.ranges.length;
  return ranges;
}

const isCounted = (state: NfsState, client: string): boolean => state.clients.get(client)!.minor === 0;

const isConfirmed = (state: NfsState, { client, owner }: Open): boolean =>
  !isCounted(state, client) || state.openOwners.get(ownerKey(client, owner))!.confirmed;

interface Granting {
  readonly bounds: StateBounds;
  readonly isLapsed: IsLapsed;
  readonly reclaims: boolean;
}

/** A refusal is the end of the owner's turn, unless somebody must be expired first. */
const endRefused = (turn: Turn, refused: Plan): Plan =>
  refused.lapsed === undefined ? endTurn(turn, refused.reply) : refused;

/** Lock bytes for the owner of `present`, or say why not. */
function take(
  state: NfsState,
  present: Locks,
  type: LockType,
  asked: Asked<'lock'>['range'],
  { bounds, isLapsed, reclaims }: Granting,
): Locks | Plan {
  const { access } = state.opens.get(present.open)!;
  if ((access & (type === 'write' ? shareWrite : shareRead)) === 0) return refuse('OPENMODE');
  const range = rangeOf(asked);
  if (typeof range === 'string') return refuse(range);
  const allowed = mayGet(state, present.client, reclaims);
  if (allowed !== 'OK') return refuse(allowed);
  const self = ownerKey(present.client, present.owner);
  const { denied, lapsed } = inTheWay(state, present.file, self, { ...range, type }, isLapsed);
  if (denied !== undefined && reclaims) return refuse('RECLAIM_CONFLICT');
  if (denied !== undefined) return { reply: { status: 'DENIED', denied }, deltas: [] };
  if (lapsed.length > 0) return expireFirst(lapsed);
  const ranges = withRange(present.ranges, range, type);
  const others = rangesOf(state, present.file) - present.ranges.length;
  if (others + ranges.length > bounds.rangesPerFileMax) return refuse('RESOURCE');
  return { ...present, ranges };
}

const stateidOf = ({ key, seqid }: Locks): Reply['stateid'] => ({ key, seqid });

/** LOCK with a lock-owner that is new to the file (RFC 7530, 16.10): a turn of the open-owner and of the lock-owner. */
export function planLockNew(state: NfsState, asked: Asked<'lock-new'>, mint: Mint, granting: Granting): Plan {
  const present = state.opens.get(asked.open.key);
  if (present === undefined) return refuse(openOf(state, asked.open, mint) as Status);
  const { client, owner: openOwner, file } = present;
  const counted = isCounted(state, client);
  const outOfTurn = counted
    ? answerOutOfTurn(state.openOwners.get(ownerKey(client, openOwner))!, asked.openSeqid, 'lock-new')
    : undefined;
  if (outOfTurn !== undefined) return outOfTurn;
  const open = openOf(state, asked.open, mint);
  if (typeof open === 'string') return refuse(open);
  if (!isConfirmed(state, open)) return refuse('BAD_STATEID');
  const turn: Turn = {
    kind: 'open-owner',
    client,
    owner: openOwner,
    seqid: asked.openSeqid,
    confirmed: true,
    isCounted: counted,
    operation: 'lock-new',
  };
  const { owner, lockSeqid, lockType } = asked;
  const known = state.lockOwners.get(ownerKey(client, owner));
  const isTurn = !counted || known === undefined || answerOutOfTurn(known, lockSeqid, 'lock-new') === undefined;
  if (!isTurn) return refuse('BAD_SEQID');
  const owners = state.holdings.get(client)!.lockOwners.size;
  if (known === undefined && owners >= granting.bounds.ownersPerClientMax) return refuse('RESOURCE');
  const before = locksBy(state, file, client, owner);
  const blank: Locks = { key: '', client, owner, file, open: open.key, seqid: 0, ranges: [] };
  const taken = take(state, before ?? blank, lockType, asked.range, granting);
  if ('reply' in taken) return endRefused(turn, taken);
  const locks = { ...taken, key: before?.key ?? mintKey(mint), seqid: nextSeqid(taken.seqid) };
  const reply: Reply = { status: 'OK', stateid: stateidOf(locks)! };
  const kept = { operation: 'lock-new', reply } as const;
  const lockOwner: Delta = { type: 'lock-owner', client, owner, is: { seqid: lockSeqid, confirmed: true, kept } };
  return endTurn(turn, reply, [{ type: 'locks', locks }, lockOwner]);
}

function locksBy(state: NfsState, file: FileId, client: string, owner: string): Locks | undefined {
  for (const key of state.files.get(file)?.locks ?? []) {
    const locks = state.locks.get(key)!;
    if (locks.client === client && locks.owner === owner) return locks;
  }
  return undefined;
}

/** The lock-owner's turn for an operation that names it by a stateid, and its locks. */
function locksInTurn(
  state: NfsState,
  asked: Asked<'lock' | 'unlock'>,
  mint: Mint,
): { readonly turn: Turn; readonly locks: Locks } | Plan {
  const present = state.locks.get(asked.stateid.key);
  if (present === undefined) return refuse(locksOf(state, asked.stateid, mint) as Status);
  const { client, owner } = present;
  const counted = isCounted(state, client);
  const outOfTurn = counted
    ? answerOutOfTurn(state.lockOwners.get(ownerKey(client, owner))!, asked.seqid, asked.type)
    : undefined;
  if (outOfTurn !== undefined) return outOfTurn;
  const locks = locksOf(state, asked.stateid, mint);
  if (typeof locks === 'string') return refuse(locks);
  const turn: Turn = {
    kind: 'lock-owner',
    client,
    owner,
    seqid: asked.seqid,
    confirmed: true,
    isCounted: counted,
    operation: asked.type,
  };
  return { turn, locks };
}

/** LOCK by a lock-owner that has a stateid of the file. */
export function planLock(state: NfsState, asked: Asked<'lock'>, mint: Mint, granting: Granting): Plan {
  const found = locksInTurn(state, asked, mint);
  if ('reply' in found) return found;
  const taken = take(state, found.locks, asked.lockType, asked.range, granting);
  if ('reply' in taken) return endRefused(found.turn, taken);
  const locks = { ...taken, seqid: nextSeqid(taken.seqid) };
  return endTurn(found.turn, { status: 'OK', stateid: stateidOf(locks)! }, [{ type: 'locks', locks }]);
}

/** LOCKU (RFC 7530, 16.12): of whatever part of the bytes is locked. */
export function planUnlock(state: NfsState, asked: Asked<'unlock'>, mint: Mint, bounds: StateBounds): Plan {
  const found = locksInTurn(state, asked, mint);
  if ('reply' in found) return found;
  const { turn, locks: present } = found;
  const range = rangeOf(asked.range);
  if (typeof range === 'string') return endTurn(turn, { status: range });
  const ranges = without(present.ranges, range);
  const others = rangesOf(state, present.file) - present.ranges.length;
  if (others + ranges.length > bounds.rangesPerFileMax) return refuse('RESOURCE');
  const locks = { ...present, ranges, seqid: nextSeqid(present.seqid) };
  return endTurn(turn, { status: 'OK', stateid: stateidOf(locks)! }, [{ type: 'locks', locks }]);
}

/** LOCKT (RFC 7530, 16.11): who would be in the way. */
export function planLockTest(state: NfsState, asked: Asked<'lock-test'>, isLapsed: IsLapsed): Plan {
  if (!state.clients.has(asked.client)) return refuse('STALE_CLIENTID');
  const range = rangeOf(asked.range);
  if (typeof range === 'string') return refuse(range);
  // What others will reclaim is not known yet.
  if (state.grace !== undefined) return refuse('GRACE');
  const self = ownerKey(asked.client, asked.owner);
  const { denied, lapsed } = inTheWay(state, asked.file, self, { ...range, type: asked.lockType }, isLapsed);
  if (lapsed.length > 0) return expireFirst(lapsed);
  return { reply: denied === undefined ? { status: 'OK' } : { status: 'DENIED', denied }, deltas: [] };
}

/** RELEASE_LOCKOWNER (RFC 7530, 16.37). */
export function planReleaseLockOwner(state: NfsState, { client, owner }: Asked<'release-lock-owner'>): Plan {
  if (!state.clients.has(client)) return refuse(unknownClient(state, client));
  if (!state.lockOwners.has(ownerKey(client, owner))) return refuse('OK');
  if (locksOfOwner(state, client, owner).some(({ ranges }) => ranges.length > 0)) return refuse('LOCKS_HELD');
  return { reply: { status: 'OK' }, deltas: [{ type: 'lock-owner-gone', client, owner }] };
}
