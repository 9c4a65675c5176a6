import {
  anonymousKey,
  type Locks,
  type MinorVersion,
  type Mint,
  type NfsState,
  type Open,
  type Stateid,
  type StateKey,
  type Status,
} from './state-types.ts';

const hex = (value: bigint | number, digits: number): string => BigInt(value).toString(16).padStart(digits, '0');

/**
 * A key that no other head and no other moment of the epoch mints: epoch, node and counter. The node only makes it unique;
 * whoever knows the key serves it.
 */
export const mintKey = (mint: Mint): StateKey =>
  // A sum of strings would keep its parts.
  [hex(mint.epoch, 4), hex(mint.node, 4), hex(mint.next(), 16)].join('');

/** Seqids of stateids grow by one and never become zero, which is not one of theirs (RFC 7530, 9.1.4.2). */
export const nextSeqid = (seqid: number): number => (seqid === largestSeqid ? 1 : seqid + 1);

/** Seqids of owners wrap to zero (RFC 7530, 9.1.7). */
export const nextOwnerSeqid = (seqid: number): number => (seqid === largestSeqid ? 0 : seqid + 1);

const largestSeqid = 2 ** 32 - 1;

/** Whether `seqid` is older than `current`, or newer, in a circle of 2^32. */
export function isOlder(seqid: number, current: number): boolean {
  const distance = (current - seqid) >>> 0;
  return distance > 0 && distance < 2 ** 31;
}

export const isNewer = (seqid: number, current: number): boolean => seqid !== current && !isOlder(seqid, current);

/** In NFSv4.1 zero stands for whatever is current (RFC 8881, 8.2.2). */
function statusOf({ seqid }: Stateid, current: number, minor: MinorVersion): Status {
  if (seqid === current || (seqid === 0 && minor === 1)) return 'OK';
  return isOlder(seqid, current) ? 'OLD_STATEID' : 'BAD_STATEID';
}

/** Unknown: of an earlier epoch, of a client whose lease ran out, or never minted, long gone, or a special one where none may be. */
export function unknownStateid({ expired }: NfsState, { key }: Stateid, { epoch }: Mint): Status {
  if (key !== anonymousKey && Number.parseInt(key.slice(0, 4), 16) < epoch) return 'STALE_STATEID';
  return expired.has(key) ? 'EXPIRED' : 'BAD_STATEID';
}

export function openOf(state: NfsState, stateid: Stateid, mint: Mint): Open | Status {
  const open = state.opens.get(stateid.key);
  if (open === undefined) return unknownStateid(state, stateid, mint);
  const status = statusOf(stateid, open.seqid, state.clients.get(open.client)!.minor);
  return status === 'OK' ? open : status;
}

export function locksOf(state: NfsState, stateid: Stateid, mint: Mint): Locks | Status {
  const locks = state.locks.get(stateid.key);
  if (locks === undefined) return unknownStateid(state, stateid, mint);
  const status = statusOf(stateid, locks.seqid, state.clients.get(locks.client)!.minor);
  return status === 'OK' ? locks : status;
}
