import type { StateBounds } from '../limits.ts';
import { expireFirst, refuse } from './owner-turns.ts';
import { hasOpens, roomFor } from './plan-clients.ts';
import { isLastToReclaim } from './plan-grace.ts';
import type { SlotRequest } from './request.ts';
import type {
  Client,
  ClientId,
  Delta,
  HeadMemory,
  IsLapsed,
  Mint,
  NfsState,
  Operation,
  Plan,
  Reply,
  Session,
  Slot,
} from './state-types.ts';
import { mintKey } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

const said = (client: Client, isConfirmed: boolean): Reply => ({
  status: 'OK',
  clientId: client.id,
  sequence: client.created + 1,
  isConfirmed,
});

/** EXCHANGE_ID, by the nine cases of RFC 8881, 18.35.4. */
export function planExchangeId(
  state: NfsState,
  { name, verifier, principal, update }: Asked<'exchange-id'>,
  mint: Mint,
  bounds: StateBounds,
  isLapsed: IsLapsed,
): Plan {
  const known = state.names.get(name);
  const confirmed = known === undefined ? undefined : state.clients.get(known)!;
  if (update) return updateClient(confirmed, verifier, principal);
  if (confirmed !== undefined) {
    if (confirmed.principal !== principal && hasOpens(state, confirmed.id)) {
      return isLapsed(confirmed.id) ? expireFirst([confirmed.id]) : refuse('CLID_INUSE');
    }
    const isSame = confirmed.minor === 1 && confirmed.verifier === verifier && confirmed.principal === principal;
    if (isSame) return { reply: said(confirmed, true), deltas: [] };
  }
  const room = roomFor(state, name, bounds, isLapsed);
  if ('reply' in room) return room;
  const client: Client = {
    id: mintKey(mint).slice(8),
    name,
    verifier,
    principal,
    callback: '',
    confirm: '',
    minor: 1,
    created: 0,
    createdReply: undefined,
    reclaimed: false,
    kept: 0,
  };
  return { reply: said(client, false), deltas: [...room.deltas, { type: 'client-unconfirmed', client }] };
}

function updateClient(confirmed: Client | undefined, verifier: string, principal: string): Plan {
  if (confirmed === undefined) return refuse('NOENT');
  if (confirmed.verifier !== verifier) return refuse('NOT_SAME');
  if (confirmed.principal !== principal) return refuse('PERM');
  return { reply: said(confirmed, true), deltas: [] };
}

function clientToConfirm(state: NfsState, id: ClientId): Client | undefined {
  for (const client of state.unconfirmed.values()) if (client.id === id && client.minor === 1) return client;
  const confirmed = state.clients.get(id);
  return confirmed?.minor === 1 ? confirmed : undefined;
}

/** CREATE_SESSION (RFC 8881, 18.36): confirms the client, and is itself repeated safely by its sequence number. */
export function planCreateSession(
  state: NfsState,
  { client: id, sequence, principal, slots }: Asked<'create-session'>,
  mint: Mint,
  bounds: StateBounds,
  servedBy: HeadMemory,
): Plan {
  const client = clientToConfirm(state, id);
  if (client === undefined) return refuse('STALE_CLIENTID');
  if (client.createdReply !== undefined && sequence === client.created)
    return { reply: client.createdReply, deltas: [] };
  if (sequence !== client.created + 1) return refuse('SEQ_MISORDERED');
  if (client.principal !== principal) return refuse('CLID_INUSE');
  if (!Number.isInteger(slots) || slots < 1) return refuse('INVAL');
  if ((state.holdings.get(id)?.sessions.size ?? 0) >= bounds.sessionsPerClientMax) return refuse('RESOURCE');
  const granted = Math.min(slots, bounds.slotsMax);
  const unused: Slot = { seqid: 0, digest: '', reply: undefined };
  const session: Session = { id: mintKey(mint), client: id, servedBy, slots: new Array<Slot>(granted).fill(unused) };
  const reply: Reply = { status: 'OK', session: session.id, slots: granted };
  const confirmed: Client = { ...client, created: sequence, createdReply: reply };
  return {
    reply,
    deltas: [
      { type: 'client-confirmed', client: confirmed },
      { type: 'session', session },
    ],
  };
}

export const planDestroySession = (state: NfsState, { session }: Asked<'destroy-session'>): Plan =>
  state.sessions.has(session)
    ? { reply: { status: 'OK' }, deltas: [{ type: 'session-gone', session }] }
    : refuse('BADSESSION');

/** DESTROY_CLIENTID (RFC 8881, 18.50): of a client that has nothing left, or was never confirmed. */
export function planDestroyClientId(state: NfsState, { client }: Asked<'destroy-clientid'>): Plan {
  if (!state.clients.has(client)) {
    const leftover = [...state.unconfirmed.values()].find(({ id }) => id === client);
    if (leftover === undefined) return refuse('STALE_CLIENTID');
    return { reply: { status: 'OK' }, deltas: [{ type: 'unconfirmed-gone', name: leftover.name }] };
  }
  if (hasOpens(state, client) || state.holdings.get(client)!.sessions.size > 0) return refuse('CLIENTID_BUSY');
  return { reply: { status: 'OK' }, deltas: [{ type: 'client-gone', client }] };
}

/** RECLAIM_COMPLETE (RFC 8881, 18.51). */
export function planReclaimComplete(state: NfsState, { client: id }: Asked<'reclaim-complete'>): Plan {
  const client = state.clients.get(id);
  if (client === undefined) return refuse('STALE_CLIENTID');
  if (client.reclaimed) return refuse('COMPLETE_ALREADY');
  const deltas: Delta[] = [{ type: 'client-confirmed', client: { ...client, reclaimed: true } }];
  if (isLastToReclaim(state, id)) deltas.push({ type: 'grace', epoch: state.epoch, clients: undefined });
  return { reply: { status: 'OK' }, deltas };
}

export type SlotVerdict =
  | { readonly verdict: 'execute' }
  /** It came before: the answer that was kept. */
  | { readonly verdict: 'repeat'; readonly reply: string }
  | { readonly verdict: 'refuse'; readonly status: Reply['status'] };

const nextSlotSeqid = (seqid: number): number => (seqid + 1) % 2 ** 32;

/**
 * SEQUENCE (RFC 8881, 18.46 and 2.10.6.1): the next number of a slot is executed, the last is answered as before, others
 * are misordered. Where another head than `self` served the session too, only the requests that changed something may have
 * left a trace, so that a number may be skipped.
 */
export function judgeSlot(state: NfsState, asked: SlotRequest, self: HeadMemory): SlotVerdict {
  const session = state.sessions.get(asked.session);
  if (session === undefined) return { verdict: 'refuse', status: 'BADSESSION' };
  const slot = session.slots[asked.slot];
  if (slot === undefined) return { verdict: 'refuse', status: 'BADSLOT' };
  if (asked.seqid === nextSlotSeqid(slot.seqid)) return { verdict: 'execute' };
  if (asked.seqid === slot.seqid && slot.digest !== '') {
    if (slot.digest !== asked.digest) return { verdict: 'refuse', status: 'SEQ_FALSE_RETRY' };
    if (slot.looked === true) return { verdict: 'execute' };
    return slot.reply === undefined
      ? { verdict: 'refuse', status: 'RETRY_UNCACHED_REP' }
      : { verdict: 'repeat', reply: slot.reply };
  }
  const ahead = (asked.seqid - slot.seqid) >>> 0;
  const isLater = ahead > 0 && ahead < 2 ** 31;
  return session.servedBy !== self && isLater
    ? { verdict: 'execute' }
    : { verdict: 'refuse', status: 'SEQ_MISORDERED' };
}

/** What a request that changed nothing leaves in its slot. */
export const slotStep = ({ session, slot, seqid, digest }: SlotRequest): Delta => ({
  type: 'slot-step',
  session,
  slot,
  is: { seqid, digest, reply: undefined, looked: true },
});

/** What a request leaves in its slot: to be applied with the deltas of its operations. */
export const slotDelta = ({ session, slot, seqid, digest }: SlotRequest, reply: string | undefined): Delta => ({
  type: 'slot',
  session,
  slot,
  is: { seqid, digest, reply },
});
