import type { StateBounds } from '../limits.ts';
import { expireFirst, refuse } from './owner-turns.ts';
import {
  type ClientId,
  type Delegation,
  type Delta,
  type FileId,
  type Here,
  type LockType,
  type Mint,
  type NfsState,
  type Operation,
  type Plan,
  type Stateid,
  type Status,
  shareRead,
  shareWrite,
} from './state-types.ts';
import { mintKey, unknownStateid } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

const delegationsOf = (state: NfsState, file: FileId): Delegation[] =>
  [...(state.files.get(file)?.delegations ?? [])].map((key) => state.delegations.get(key)!);

/**
 * The delegations of other clients that must be returned first (RFC 8881, 10.4.1 and 10.4.2): for reading those to write,
 * for writing, and for denying others to read, all.
 */
const inTheWay = (
  state: NfsState,
  file: FileId,
  client: ClientId | undefined,
  access: number,
  deny: number,
): Delegation[] =>
  delegationsOf(state, file).filter(
    (held) =>
      held.client !== client && (held.type === 'write' || (access & shareWrite) !== 0 || (deny & shareRead) !== 0),
  );

export type Recall =
  /** Nobody is in the way. */
  | 'none'
  /** Lapsed clients are. */
  | { readonly lapsed: readonly ClientId[] }
  /** Who is, is asked: DELAY until they have returned what they hold. */
  | { readonly marks: readonly Delta[] };

/** What to do about the delegations in the way of an access by `client`, which is nobody in particular where undefined. */
export function recallFor(
  state: NfsState,
  { file, client, access, deny }: { file: FileId; client: ClientId | undefined; access: number; deny: number },
  { isLapsed }: Here,
): Recall {
  const held = inTheWay(state, file, client, access, deny);
  if (held.length === 0) return 'none';
  const lapsed = held.filter((each) => isLapsed(each.client)).map((each) => each.client);
  if (lapsed.length > 0) return { lapsed };
  const marks = held.filter(({ recalled }) => !recalled);
  return { marks: marks.map((each) => ({ type: 'delegation', delegation: { ...each, recalled: true } })) };
}

/** An access that is no part of an owner's turn: what it comes to if a delegation is in the way. */
export function planRecall(recall: Exclude<Recall, 'none'>): Plan {
  return 'lapsed' in recall ? expireFirst(recall.lapsed) : { reply: { status: 'DELAY' }, deltas: recall.marks };
}

/**
 * What a client is delegated with an open: to read, while nobody has the file open for writing; to write, while nobody else
 * has it open at all. Nothing while anything of the file is asked back, so that it is not given out again at once.
 */
export function delegationFor(
  state: NfsState,
  { file, client, access }: { file: FileId; client: ClientId; access: number },
  mint: Mint,
  bounds: StateBounds,
  { canRecall }: Here,
): Delegation | undefined {
  const { delegations } = state.holdings.get(client)!;
  if (!canRecall(client) || delegations.size >= bounds.delegationsPerClientMax) return undefined;
  const held = delegationsOf(state, file);
  if (held.some((each) => each.recalled || each.client === client || each.type === 'write')) return undefined;
  const opens = [...(state.files.get(file)?.opens ?? [])].map((key) => state.opens.get(key)!);
  const wantsWrite = (access & shareWrite) !== 0;
  const isFree = wantsWrite
    ? held.length === 0 && opens.every((open) => open.client === client)
    : opens.every((open) => (open.access & shareWrite) === 0);
  if (!isFree) return undefined;
  return { key: mintKey(mint), client, file, type: wantsWrite ? 'write' : 'read', recalled: false };
}

/** The seqid of a delegation's stateid never changes; zero stands for it in NFSv4.1 (RFC 8881, 8.2.2). */
const delegationSeqid = 1;

export const delegated = ({ key, type }: Delegation): { stateid: Stateid; type: LockType } => ({
  stateid: { key, seqid: delegationSeqid },
  type,
});

/** The delegation that a stateid names, or why it names none. */
export function delegationOf(state: NfsState, stateid: Stateid, mint: Mint): Delegation | Status {
  const found = state.delegations.get(stateid.key);
  if (found === undefined)
    return state.revoked.has(stateid.key) ? 'DELEG_REVOKED' : unknownStateid(state, stateid, mint);
  const isCurrent = stateid.seqid === delegationSeqid;
  const standsForIt = stateid.seqid === 0 && state.clients.get(found.client)!.minor === 1;
  return isCurrent || standsForIt ? found : 'BAD_STATEID';
}

/** DELEGRETURN (RFC 7530, 16.8; RFC 8881, 18.6). */
export function planReturn(state: NfsState, { stateid }: Asked<'delegation-return'>, mint: Mint): Plan {
  const found = delegationOf(state, stateid, mint);
  if (typeof found === 'string') return refuse(found);
  return { reply: { status: 'OK' }, deltas: [{ type: 'delegation-gone', key: found.key }] };
}

/** What was asked back for a lease and not returned is taken (RFC 8881, 10.4.5). */
export function planRevoke(state: NfsState, { key }: Asked<'delegation-revoke'>): Plan {
  const found = state.delegations.get(key);
  if (!found?.recalled) return refuse('BAD_STATEID');
  const { client } = found;
  const deltas: Delta[] = [{ type: 'delegation-gone', key }];
  if (state.clients.get(client)!.minor === 1) deltas.push({ type: 'revoked', key, client });
  return { reply: { status: 'OK' }, deltas };
}

/** A change that no open covers needs every delegation of others back (RFC 8881, 10.4.1). */
export function planChangeFile(state: NfsState, { client, file }: Asked<'change-file'>, here: Here): Plan {
  if (!state.clients.has(client)) return refuse('STALE_CLIENTID');
  if (state.grace !== undefined) return refuse('GRACE');
  const recall = recallFor(state, { file, client, access: shareWrite, deny: 0 }, here);
  return recall === 'none' ? refuse('OK') : planRecall(recall);
}
