import type {
  ClientId,
  Delta,
  KeptReply,
  Operation,
  Owner,
  OwnerName,
  Plan,
  Reply,
  StateKey,
  Status,
} from './state-types.ts';
import { nextOwnerSeqid } from './stateids.ts';

/** Answers that do not count as the owner's turn: the same sequence number may come again (RFC 7530, 9.1.7). */
const notCounted: ReadonlySet<Status> = new Set([
  'STALE_CLIENTID',
  'STALE_STATEID',
  'BAD_STATEID',
  'BAD_SEQID',
  'RESOURCE',
]);

export const refuse = (status: Status): Plan => ({ reply: { status }, deltas: [] });

export const expireFirst = (lapsed: readonly ClientId[]): Plan => ({ reply: { status: 'DELAY' }, deltas: [], lapsed });

/** Whether it is the turn of a request with `seqid`: else the answer, which is the kept one if the request came before. */
export function answerOutOfTurn(owner: Owner, seqid: number, operation: Operation['type']): Plan | undefined {
  if (seqid === nextOwnerSeqid(owner.seqid)) return undefined;
  const isRepeated = seqid === owner.seqid && owner.kept?.operation === operation;
  return isRepeated ? { reply: owner.kept.reply, deltas: [] } : refuse('BAD_SEQID');
}

export interface Turn {
  readonly kind: 'open-owner' | 'lock-owner';
  readonly client: string;
  readonly owner: OwnerName;
  readonly seqid: number;
  readonly confirmed: boolean;
  /** NFSv4.1 does not count the requests of owners: slots do. */
  readonly isCounted: boolean;
  readonly operation: Operation['type'];
}

/** The end of an owner's turn: the answer is kept with what changed. */
export function endTurn(turn: Turn, reply: Reply, changes: readonly Delta[] = [], closed?: StateKey): Plan {
  if (notCounted.has(reply.status)) return { reply, deltas: [] };
  if (!turn.isCounted) return { reply, deltas: changes };
  const { kind: type, client, owner, seqid, confirmed, operation } = turn;
  const kept: KeptReply = { operation, reply, ...(closed === undefined ? {} : { closed }) };
  return { reply, deltas: [...changes, { type, client, owner, is: { seqid, confirmed, kept } }] };
}
