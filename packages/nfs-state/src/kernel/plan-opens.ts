import type { StateBounds } from '../limits.ts';
import { unknownClient } from './expired-clients.ts';
import { answerOutOfTurn, endTurn, expireFirst, refuse, type Turn } from './owner-turns.ts';
import { delegated, delegationFor, delegationOf, recallFor } from './plan-delegations.ts';
import { mayGet } from './plan-grace.ts';
import {
  type ClientId,
  type Delta,
  type FileId,
  type Here,
  type Mint,
  type NfsState,
  type Open,
  type Operation,
  type Owner,
  type OwnerName,
  ownerKey,
  type Plan,
  type Stateid,
  type Status,
  shareBoth,
  shareRead,
} from './state-types.ts';
import { mintKey, nextSeqid, openOf } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

/** The clients whose opens deny what is wanted, or use what is to be denied (RFC 7530, 9.9). */
function deniers(state: NfsState, file: FileId, self: string, access: number, deny: number): ClientId[] {
  const found: ClientId[] = [];
  for (const key of state.files.get(file)?.opens ?? []) {
    const other = state.opens.get(key)!;
    if (ownerKey(other.client, other.owner) === self) continue;
    if ((other.deny & access) !== 0 || (other.access & deny) !== 0) found.push(other.client);
  }
  return found;
}

const openBy = (state: NfsState, file: FileId, self: string): Open | undefined => {
  for (const key of state.files.get(file)?.opens ?? []) {
    const open = state.opens.get(key)!;
    if (ownerKey(open.client, open.owner) === self) return open;
  }
  return undefined;
};

/** What an owner opened that never confirmed itself: a leftover, as soon as it opens anew. */
function leftovers(state: NfsState, client: ClientId, owner: OwnerName): Delta[] {
  const opens = [...state.holdings.get(client)!.opens].map((key) => state.opens.get(key)!);
  return opens.filter((open) => open.owner === owner).map(({ key }) => ({ type: 'close', key }));
}

const isShare = (access: number, deny: number): boolean =>
  Number.isInteger(access) &&
  Number.isInteger(deny) &&
  access >= 1 &&
  access <= shareBoth &&
  deny >= 0 &&
  deny <= shareBoth;

const pairOf = (access: number, deny: number): number => 4 * access + deny;

/**
 * OPEN (RFC 7530, 16.16). An owner that is not known yet, or never confirmed itself, may begin with any sequence number,
 * and must confirm. Opening a file again with the same owner adds to what it has.
 */
export function planOpen(state: NfsState, asked: Asked<'open'>, mint: Mint, bounds: StateBounds, here: Here): Plan {
  const { client, owner, seqid, file, access, deny } = asked;
  const minor = state.clients.get(client)?.minor;
  if (minor === undefined) return refuse(unknownClient(state, client));
  const self = ownerKey(client, owner);
  const known = state.openOwners.get(self);
  const reclaims = asked.claim?.type === 'previous';
  const isKnown = minor === 1 || known?.confirmed === true || reclaims;
  if (known !== undefined) {
    const answer = answerOutOfTurn(known, seqid, 'open');
    if (answer !== undefined && (isKnown || answer.reply.status !== 'BAD_SEQID')) return answer;
  }
  const turn: Turn = {
    kind: 'open-owner',
    client,
    owner,
    seqid,
    confirmed: isKnown,
    isCounted: minor === 0,
    operation: 'open',
  };
  const before = isKnown ? [] : leftovers(state, client, owner);
  if (!isShare(access, deny)) return endTurn(turn, { status: 'INVAL' }, before);
  const allowed = mayGet(state, client, reclaims);
  if (allowed !== 'OK') return endTurn(turn, { status: allowed }, before);
  const inTheWay = deniers(state, file, self, access, deny);
  if (inTheWay.length > 0) {
    const isCourtesy = inTheWay.every((each) => each !== client && here.isLapsed(each));
    const refused = reclaims ? 'RECLAIM_CONFLICT' : 'SHARE_DENIED';
    return isCourtesy ? expireFirst(inTheWay) : endTurn(turn, { status: refused }, before);
  }
  const present = isKnown ? openBy(state, file, self) : undefined;
  const claimed = claimOf(state, asked, mint);
  if (claimed !== 'OK') return endTurn(turn, { status: claimed }, before);
  const recall = recallFor(state, asked, here);
  if (recall !== 'none') {
    return 'lapsed' in recall
      ? expireFirst(recall.lapsed)
      : endTurn(turn, { status: 'DELAY' }, [...before, ...recall.marks]);
  }
  const { opens, openOwners } = state.holdings.get(client)!;
  if (present === undefined && opens.size >= bounds.opensPerClientMax) return refuse('RESOURCE');
  const isNewOwner = minor === 0 && known === undefined;
  if (isNewOwner && openOwners.size >= bounds.ownersPerClientMax) return refuse('RESOURCE');
  const open: Open =
    present === undefined
      ? { key: mintKey(mint), client, owner, file, seqid: 1, access, deny, pairs: [pairOf(access, deny)] }
      : {
          ...present,
          seqid: nextSeqid(present.seqid),
          access: present.access | access,
          deny: present.deny | deny,
          pairs: [...new Set([...present.pairs, pairOf(access, deny)])].sort((one, other) => one - other),
        };
  const stateid = { key: open.key, seqid: open.seqid };
  const hadNone = asked.claim?.type === 'previous' && asked.claim.delegation === 'none';
  const isDelegated = isKnown && !hadNone;
  const delegation = isDelegated ? delegationFor(state, delegatedAs(asked), mint, bounds, here) : undefined;
  const granted: Delta[] = delegation === undefined ? [] : [{ type: 'delegation', delegation }];
  const reply = { status: 'OK', stateid, mustConfirm: !isKnown } as const;
  const answer = delegation === undefined ? reply : { ...reply, delegation: delegated(delegation) };
  return endTurn(turn, answer, [...before, { type: 'open', open }, ...granted]);
}

/** What is reclaimed is delegated as it was, if it was. */
const delegatedAs = ({ file, client, access, claim }: Asked<'open'>): Parameters<typeof delegationFor>[1] => ({
  file,
  client,
  access: claim?.type === 'previous' && claim.delegation === 'read' ? shareRead : access,
});

/** Whether what an OPEN rests on is there. Nothing is kept of clients that started again. */
function claimOf(state: NfsState, { client, file, claim }: Asked<'open'>, mint: Mint): Status {
  switch (claim?.type) {
    case undefined:
    case 'previous':
      return 'OK';
    case 'delegate-cur': {
      const held = delegationOf(state, claim.stateid, mint);
      if (typeof held === 'string') return held;
      return held.client === client && held.file === file ? 'OK' : 'BAD_STATEID';
    }
    case 'delegate-prev':
      return 'NOTSUPP';
  }
}

/** Owners of NFSv4.1 need not confirm. */
const uncounted: Owner = { seqid: 0, confirmed: true, kept: undefined };

/** The open-owner's turn for an operation that names it by a stateid, and the open itself. */
function openInTurn(
  state: NfsState,
  { stateid, seqid, type }: { stateid: Stateid; seqid: number; type: Operation['type'] },
  mint: Mint,
): { readonly turn: Turn; readonly open: Open | Status; readonly owner: Owner } | Plan {
  const present = state.opens.get(stateid.key);
  const self = present === undefined ? state.closed.get(stateid.key) : ownerKey(present.client, present.owner);
  if (self === undefined) return refuse(openOf(state, stateid, mint) as Status);
  const [client, name] = [self.slice(0, self.indexOf('/')), self.slice(self.indexOf('/') + 1)];
  const isCounted = state.clients.get(client)!.minor === 0;
  const owner = isCounted ? state.openOwners.get(self)! : uncounted;
  const answer = isCounted ? answerOutOfTurn(owner, seqid, type) : undefined;
  if (answer !== undefined) return answer;
  const turn: Turn = {
    kind: 'open-owner',
    client,
    owner: name,
    seqid,
    confirmed: owner.confirmed,
    isCounted,
    operation: type,
  };
  return { turn, open: openOf(state, stateid, mint), owner };
}

/** OPEN_CONFIRM (RFC 7530, 16.18). */
export function planOpenConfirm(state: NfsState, asked: Asked<'open-confirm'>, mint: Mint): Plan {
  const found = openInTurn(state, asked, mint);
  if ('reply' in found) return found;
  const { turn, open, owner } = found;
  if (typeof open === 'string' || owner.confirmed) return refuse(typeof open === 'string' ? open : 'BAD_STATEID');
  const changed = { ...open, seqid: nextSeqid(open.seqid) };
  const stateid = { key: open.key, seqid: changed.seqid };
  return endTurn({ ...turn, confirmed: true }, { status: 'OK', stateid }, [{ type: 'open', open: changed }]);
}

/** OPEN_DOWNGRADE (RFC 7530, 16.19): back to a union of pairs that were opened, and to no other. */
export function planOpenDowngrade(state: NfsState, asked: Asked<'open-downgrade'>, mint: Mint): Plan {
  const found = openInTurn(state, asked, mint);
  if ('reply' in found) return found;
  const { turn, open, owner } = found;
  if (typeof open === 'string' || !owner.confirmed) return refuse(typeof open === 'string' ? open : 'BAD_STATEID');
  const { access, deny } = asked;
  const target = isShare(access, deny) ? pairOf(access, deny) : 0;
  const pairs = open.pairs.filter((pair) => (pair & ~target) === 0);
  const union = pairs.reduce((sum, pair) => sum | pair, 0);
  if (target === 0 || union !== target) return endTurn(turn, { status: 'INVAL' });
  const changed = { ...open, access, deny, pairs, seqid: nextSeqid(open.seqid) };
  const stateid = { key: open.key, seqid: changed.seqid };
  return endTurn(turn, { status: 'OK', stateid }, [{ type: 'open', open: changed }]);
}

/** CLOSE (RFC 7530, 16.2). Locks taken under the open go with it. */
export function planClose(state: NfsState, asked: Asked<'close'>, mint: Mint): Plan {
  const found = openInTurn(state, asked, mint);
  if ('reply' in found) return found;
  const { turn, open, owner } = found;
  if (typeof open === 'string' || !owner.confirmed) return refuse(typeof open === 'string' ? open : 'BAD_STATEID');
  const stateid = { key: open.key, seqid: nextSeqid(open.seqid) };
  return endTurn(turn, { status: 'OK', stateid }, [{ type: 'close', key: open.key }], open.key);
}
