import { isWithin } from './lock-ranges.ts';
import type { ClientId, Delta, FileId, NfsState, OwnerName, SessionId } from './state-types.ts';
import { ownerKey } from './state-types.ts';

/**
 * How heads find out that they decided on what is no longer so. A record is appended with the index up to which its head
 * had applied the log, and is refused if any record after that index touches one of the keys that it compares.
 */
export interface RecordKeys {
  /** What the decision was made on. */
  readonly compares: readonly string[];
  /** What the record changes. */
  readonly touches: readonly string[];
}

export const clientKey = (id: ClientId): string => `client:${id}`;
const client = clientKey;
/** Whether a client has anything: touched by whatever it gets, compared where it must have nothing. */
const holdings = (id: ClientId): string => `holdings:${id}`;
const name = (of: string): string => `name:${of}`;
export const fileKey = (id: FileId): string => `file:${id}`;
const session = (id: SessionId): string => `session:${id}`;
const owner = (kind: 'open' | 'lock', id: ClientId, of: OwnerName): string => `${kind}-owner:${ownerKey(id, of)}`;

/** Touched when a head begins to serve, compared by what heads agreed on before. */
const leasesKey = 'leases';

/** Touched when a grace period ends, compared by what was reclaimed in it. */
export const graceKey = 'grace';

interface Keys {
  readonly compares: Set<string>;
  readonly touches: Set<string>;
}

function both(keys: Keys, ...added: readonly string[]): void {
  for (const each of added) {
    keys.compares.add(each);
    keys.touches.add(each);
  }
}

/** Something of a client on a file: the client must still be there. */
function held(keys: Keys, id: ClientId, of: FileId): void {
  keys.compares.add(client(id));
  keys.touches.add(holdings(id));
  both(keys, fileKey(of));
}

function gone(keys: Keys, state: NfsState, id: ClientId): void {
  keys.compares.add(holdings(id)).add(leasesKey);
  both(keys, client(id), name(state.clients.get(id)!.name));
}

function addKeys(keys: Keys, state: NfsState, delta: Delta): void {
  switch (delta.type) {
    case 'client-unconfirmed':
      both(keys, name(delta.client.name));
      break;
    case 'unconfirmed-gone':
      both(keys, name(delta.name));
      break;
    case 'client-confirmed': {
      const before = state.names.get(delta.client.name);
      if (before !== undefined) both(keys, client(before));
      both(keys, name(delta.client.name), client(delta.client.id));
      break;
    }
    case 'client-gone':
      gone(keys, state, delta.client);
      break;
    case 'expired':
      break;
    case 'renewed':
      keys.compares.add(client(delta.client));
      break;
    case 'client-kept':
      both(keys, client(delta.client));
      break;
    case 'grace':
      both(keys, graceKey);
      break;
    case 'leases-restarted':
      both(keys, leasesKey);
      break;
    case 'open-owner':
    case 'lock-owner':
      keys.compares.add(client(delta.client));
      keys.touches.add(holdings(delta.client));
      both(keys, owner(delta.type === 'open-owner' ? 'open' : 'lock', delta.client, delta.owner));
      break;
    case 'lock-owner-gone':
      keys.compares.add(client(delta.client));
      both(keys, owner('lock', delta.client, delta.owner));
      break;
    case 'open':
      held(keys, delta.open.client, delta.open.file);
      break;
    case 'close': {
      const open = state.opens.get(delta.key)!;
      held(keys, open.client, open.file);
      break;
    }
    case 'locks':
      held(keys, delta.locks.client, delta.locks.file);
      break;
    case 'locks-gone': {
      const locks = state.locks.get(delta.key)!;
      held(keys, locks.client, locks.file);
      break;
    }
    case 'delegation':
      held(keys, delta.delegation.client, delta.delegation.file);
      break;
    case 'delegation-gone': {
      const delegation = state.delegations.get(delta.key)!;
      held(keys, delegation.client, delegation.file);
      break;
    }
    case 'layout':
      held(keys, delta.layout.client, delta.layout.file);
      break;
    case 'layout-gone': {
      const layout = state.layouts.get(delta.key)!;
      held(keys, layout.client, layout.file);
      break;
    }
    case 'revoked':
      keys.compares.add(client(delta.client));
      keys.touches.add(holdings(delta.client));
      break;
    case 'revoked-freed':
      both(keys, client(state.revoked.get(delta.key)!));
      break;
    case 'session':
      keys.compares.add(client(delta.session.client));
      keys.touches.add(holdings(delta.session.client));
      both(keys, session(delta.session.id));
      break;
    case 'session-gone':
      both(keys, session(delta.session));
      break;
    case 'session-shared':
    case 'slot-step':
      keys.compares.add(session(delta.session));
      break;
    case 'slot':
      keys.compares.add(session(delta.session));
      both(keys, `${session(delta.session)}/${delta.slot}`);
      break;
  }
}

/** The keys of a record of deltas that were planned on `state`: a handful for each delta. */
export function keysOf(state: NfsState, deltas: readonly Delta[]): RecordKeys {
  const keys: Keys = { compares: new Set(), touches: new Set() };
  for (const delta of deltas) addKeys(keys, state, delta);
  return { compares: [...keys.compares], touches: [...keys.touches] };
}

/**
 * Whether a delta takes a right away, or excludes others from one: then nobody hears of it before every head has applied
 * it or is fenced, so that no head serves a read or write that is no longer allowed. `state` is that of before.
 */
export function takesAway(state: NfsState, delta: Delta): boolean {
  switch (delta.type) {
    case 'client-gone':
    case 'close':
    case 'session-gone':
    case 'delegation-gone':
    case 'layout-gone':
      return true;
    case 'layout': {
      const before = state.layouts.get(delta.layout.key)?.ranges ?? [];
      return before.some((range) => !isWithin(range, delta.layout.ranges));
    }
    case 'delegation':
      return !state.delegations.has(delta.delegation.key);
    case 'client-confirmed': {
      const before = state.names.get(delta.client.name);
      return before !== undefined && before !== delta.client.id;
    }
    case 'open': {
      const before = state.opens.get(delta.open.key);
      const denies = (delta.open.deny & ~(before?.deny ?? 0)) !== 0;
      return denies || ((before?.access ?? 0) & ~delta.open.access) !== 0;
    }
    case 'locks':
      return delta.locks.ranges.some(({ type }) => type === 'write') || state.locks.has(delta.locks.key);
    default:
      return false;
  }
}
