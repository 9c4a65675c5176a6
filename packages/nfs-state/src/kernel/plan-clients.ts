import type { StateBounds } from '../limits.ts';
import { unknownClient } from './expired-clients.ts';
import { expireFirst, refuse } from './owner-turns.ts';
import type { Client, ClientId, Delta, IsLapsed, Mint, NfsState, Operation, Plan } from './state-types.ts';
import { mintKey } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

/** What would be lost if somebody else took the client's name. */
export function hasOpens(state: NfsState, client: ClientId): boolean {
  const { opens, delegations, layouts } = state.holdings.get(client)!;
  return opens.size + delegations.size + layouts.size > 0;
}

/**
 * SETCLIENTID (RFC 7530, 16.33): a client of the same name, verifier and principal keeps its id and all it has, whichever
 * head it asks; one that started again gets a new id, and loses what it had once it confirms.
 */
export function planSetClientId(
  state: NfsState,
  { name, verifier, principal, callback }: Asked<'setclientid'>,
  mint: Mint,
  bounds: StateBounds,
  isLapsed: IsLapsed,
): Plan {
  const known = state.names.get(name);
  const confirmed = known === undefined ? undefined : state.clients.get(known)!;
  if (confirmed !== undefined && confirmed.principal !== principal && hasOpens(state, confirmed.id)) {
    return isLapsed(confirmed.id) ? expireFirst([confirmed.id]) : refuse('CLID_INUSE');
  }
  const room = roomFor(state, name, bounds, isLapsed);
  if ('reply' in room) return room;
  const isSame = confirmed?.minor === 0 && confirmed.verifier === verifier && confirmed.principal === principal;
  const client: Client = {
    id: isSame ? confirmed.id : mintKey(mint).slice(8),
    name,
    verifier,
    principal,
    callback,
    confirm: mintKey(mint),
    minor: 0,
    created: 0,
    createdReply: undefined,
    reclaimed: false,
    kept: 0,
  };
  return {
    reply: { status: 'OK', clientId: client.id, confirm: client.confirm },
    deltas: [...room.deltas, { type: 'client-unconfirmed', client }],
  };
}

/** SETCLIENTID_CONFIRM (RFC 7530, 16.34). Said again it is answered again. */
export function planConfirmClientId(
  state: NfsState,
  { client: id, confirm, principal }: Asked<'setclientid-confirm'>,
): Plan {
  for (const client of state.unconfirmed.values()) {
    if (client.id !== id || client.confirm !== confirm) continue;
    if (client.principal !== principal) return refuse('CLID_INUSE');
    return { reply: { status: 'OK' }, deltas: [{ type: 'client-confirmed', client }] };
  }
  const confirmed = state.clients.get(id);
  if (confirmed?.confirm !== confirm) return refuse('STALE_CLIENTID');
  return refuse(confirmed.principal === principal ? 'OK' : 'CLID_INUSE');
}

/** RENEW: the lease itself is kept elsewhere, because losing a renewal costs nothing but work. */
export const planRenew = (state: NfsState, { client }: Asked<'renew'>): Plan =>
  refuse(state.clients.has(client) ? 'OK' : unknownClient(state, client));

/**
 * The second step of an expiry: every head agreed before. Refused where a head heard of the client since, or began to serve
 * without having been asked.
 */
export function planExpire(state: NfsState, { client: id, kept, restarts }: Asked<'expire'>): Plan {
  const client = state.clients.get(id);
  if (client === undefined) return refuse('STALE_CLIENTID');
  if (client.kept !== kept || state.restarts !== restarts) return refuse('DELAY');
  return { reply: { status: 'OK' }, deltas: [{ type: 'client-gone', client: id, expired: true }] };
}

/** What a head that said the lease ran out appends before it serves the client again. */
export function planKeep(state: NfsState, { client: id }: Asked<'keep'>): Plan {
  const client = state.clients.get(id);
  if (client === undefined) return refuse('STALE_CLIENTID');
  return { reply: { status: 'OK' }, deltas: [{ type: 'client-kept', client: id, kept: client.kept + 1 }] };
}

/** What a head appends before it serves anybody. */
export const planRestartLeases = ({ restarts }: NfsState): Plan => ({
  reply: { status: 'OK' },
  deltas: [{ type: 'leases-restarted', restarts: restarts + 1 }],
});

/**
 * Room for a client that is not confirmed yet: it replaces an earlier attempt of its own, or the oldest of others, who then
 * begin anew. Confirmed clients make room only when nobody heard of them for a lease.
 */
export function roomFor(
  state: NfsState,
  name: string,
  { clientsMax }: StateBounds,
  isLapsed: IsLapsed,
): { readonly deltas: readonly Delta[] } | Plan {
  const { clients, unconfirmed } = state;
  if (clients.size + unconfirmed.size < clientsMax || unconfirmed.has(name)) return { deltas: [] };
  const [oldest] = unconfirmed.keys();
  if (oldest !== undefined) return { deltas: [{ type: 'unconfirmed-gone', name: oldest }] };
  for (const client of clients.keys()) if (isLapsed(client)) return expireFirst([client]);
  return refuse('RESOURCE');
}
