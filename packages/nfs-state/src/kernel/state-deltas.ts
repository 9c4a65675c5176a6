import { rememberExpired } from './expired-clients.ts';
import { noKeys, withKey, withoutKey } from './key-list.ts';
import {
  type Client,
  type ClientId,
  type Delta,
  type FileId,
  type FileState,
  type Locks,
  type NfsState,
  type Open,
  type OwnerName,
  ownerKey,
  type SessionId,
  type StateKey,
} from './state-types.ts';
import { isOlder } from './stateids.ts';

export const emptyNfsState = (): NfsState => ({
  clients: new Map(),
  unconfirmed: new Map(),
  openOwners: new Map(),
  lockOwners: new Map(),
  opens: new Map(),
  locks: new Map(),
  sessions: new Map(),
  delegations: new Map(),
  layouts: new Map(),
  revoked: new Map(),
  expired: new Set(),
  restarts: 0,
  epoch: 1,
  grace: undefined,
  closed: new Map(),
  names: new Map(),
  holdings: new Map(),
  files: new Map(),
});

/** Change the state as a delta says. The same deltas in the same order give the same state wherever they are applied. */
export function applyDelta(state: NfsState, delta: Delta): void {
  switch (delta.type) {
    case 'client-unconfirmed':
      state.unconfirmed.set(delta.client.name, delta.client);
      break;
    case 'unconfirmed-gone':
      state.unconfirmed.delete(delta.name);
      break;
    case 'client-confirmed':
      confirmClient(state, delta.client);
      break;
    case 'client-gone':
      if (delta.expired === true) rememberExpired(state, delta.client);
      forgetClient(state, delta.client);
      break;
    case 'expired':
      for (const name of delta.names) state.expired.add(name);
      break;
    case 'open-owner': {
      const key = ownerKey(delta.client, delta.owner);
      forgetClosed(state, key);
      state.openOwners.set(key, delta.is);
      state.holdings.get(delta.client)!.openOwners.add(key);
      if (delta.is.kept?.closed !== undefined) state.closed.set(delta.is.kept.closed, key);
      break;
    }
    case 'lock-owner': {
      const key = ownerKey(delta.client, delta.owner);
      state.lockOwners.set(key, delta.is);
      state.holdings.get(delta.client)!.lockOwners.add(key);
      break;
    }
    case 'lock-owner-gone': {
      const key = ownerKey(delta.client, delta.owner);
      state.lockOwners.delete(key);
      state.holdings.get(delta.client)!.lockOwners.delete(key);
      for (const locks of locksOfOwner(state, delta.client, delta.owner)) forgetLocks(state, locks.key);
      break;
    }
    case 'open': {
      const { key, client, file } = delta.open;
      const isNew = !state.opens.has(key);
      const of = fileOf(state, file);
      state.opens.set(key, keptOpen(state, delta.open, of));
      if (!isNew) break;
      state.holdings.get(client)!.opens.add(key);
      of.opens = withKey(of.opens, key);
      break;
    }
    case 'close':
      forgetOpen(state, delta.key);
      break;
    case 'delegation': {
      const { key, client, file } = delta.delegation;
      const of = fileOf(state, file);
      if (!state.delegations.has(key)) of.delegations = withKey(of.delegations, key);
      state.delegations.set(key, delta.delegation);
      state.holdings.get(client)!.delegations.add(key);
      break;
    }
    case 'delegation-gone':
      forgetDelegation(state, delta.key);
      break;
    case 'layout': {
      const { key, client, file } = delta.layout;
      const of = fileOf(state, file);
      if (!state.layouts.has(key)) of.layouts = withKey(of.layouts, key);
      state.layouts.set(key, delta.layout);
      state.holdings.get(client)!.layouts.add(key);
      break;
    }
    case 'layout-gone':
      forgetLayout(state, delta.key);
      break;
    case 'revoked':
      state.revoked.set(delta.key, delta.client);
      state.holdings.get(delta.client)!.revoked.add(delta.key);
      break;
    case 'revoked-freed':
      forgetRevoked(state, delta.key);
      break;
    case 'session':
      state.sessions.set(delta.session.id, delta.session);
      state.holdings.get(delta.session.client)!.sessions.add(delta.session.id);
      break;
    case 'session-gone':
      forgetSession(state, delta.session);
      break;
    case 'session-shared':
      state.sessions.set(delta.session, { ...state.sessions.get(delta.session)!, servedBy: undefined });
      break;
    case 'slot':
    case 'slot-step': {
      const session = state.sessions.get(delta.session)!;
      // A late copy of a request that changed nothing says nothing of the slot as it is now.
      if (delta.type === 'slot-step' && !isOlder(session.slots[delta.slot]!.seqid, delta.is.seqid)) break;
      state.sessions.set(session.id, { ...session, slots: session.slots.with(delta.slot, delta.is) });
      break;
    }
    case 'locks': {
      const { key, file } = delta.locks;
      const of = fileOf(state, file);
      if (!state.locks.has(key)) of.locks = withKey(of.locks, key);
      state.locks.set(key, keptLocks(state, delta.locks, of));
      break;
    }
    case 'locks-gone':
      forgetLocks(state, delta.key);
      break;
    case 'renewed':
      break;
    case 'client-kept':
      state.clients.set(delta.client, { ...state.clients.get(delta.client)!, kept: delta.kept });
      break;
    case 'grace':
      state.epoch = delta.epoch;
      state.grace = delta.clients;
      break;
    case 'leases-restarted':
      state.restarts = delta.restarts;
      break;
  }
}

/** Locks are taken under opens of their client, so that the files of these are all there can be. */
export function locksOfOwner(state: NfsState, client: ClientId, owner: OwnerName): Locks[] {
  const files = new Set([...state.holdings.get(client)!.opens].map((key) => state.opens.get(key)!.file));
  const found: Locks[] = [];
  for (const file of files) {
    for (const key of state.files.get(file)!.locks) {
      const locks = state.locks.get(key)!;
      if (locks.client === client && locks.owner === owner) found.push(locks);
    }
  }
  return found;
}

function confirmClient(state: NfsState, client: Client): void {
  const { id, name } = client;
  const before = state.names.get(name);
  if (before !== undefined && before !== id) forgetClient(state, before);
  state.unconfirmed.delete(name);
  state.clients.set(id, client);
  state.names.set(name, id);
  if (!state.holdings.has(id)) {
    state.holdings.set(id, {
      opens: new Set(),
      openOwners: new Set(),
      lockOwners: new Set(),
      sessions: new Set(),
      delegations: new Set(),
      layouts: new Set(),
      revoked: new Set(),
    });
  }
}

function forgetClosed({ openOwners, closed }: NfsState, key: string): void {
  const before = openOwners.get(key)?.kept?.closed;
  if (before !== undefined) closed.delete(before);
}

function fileOf(state: NfsState, file: FileId): FileState {
  let found = state.files.get(file);
  if (found === undefined) {
    found = { id: file, opens: noKeys, locks: noKeys, delegations: noKeys, layouts: noKeys };
    state.files.set(file, found);
  }
  return found;
}

/** What came through a log has its own copy of every name: the one of the client and of the file is enough. */
function keptOpen(state: NfsState, open: Open, { id: file }: FileState): Open {
  const { key, owner, seqid, access, deny, pairs } = open;
  const client = state.clients.get(open.client)?.id ?? open.client;
  return { key, client, owner, file, seqid, access, deny, pairs };
}

/** The same of locks. Their ranges are copied because an array that was pushed to has room that nobody uses. */
function keptLocks(state: NfsState, locks: Locks, { id: file }: FileState): Locks {
  const { key, owner, seqid, ranges } = locks;
  const client = state.clients.get(locks.client)?.id ?? locks.client;
  const open = state.opens.get(locks.open)?.key ?? locks.open;
  return { key, client, owner, file, open, seqid, ranges: ranges.slice() };
}

function forgetClient(state: NfsState, client: ClientId): void {
  const { opens, openOwners, lockOwners, sessions, delegations, layouts, revoked } = state.holdings.get(client)!;
  for (const key of delegations) forgetDelegation(state, key);
  for (const key of layouts) forgetLayout(state, key);
  for (const key of revoked) forgetRevoked(state, key);
  for (const key of opens) forgetOpen(state, key);
  for (const key of openOwners) {
    forgetClosed(state, key);
    state.openOwners.delete(key);
  }
  for (const key of lockOwners) state.lockOwners.delete(key);
  for (const session of sessions) forgetSession(state, session);
  state.names.delete(state.clients.get(client)!.name);
  state.clients.delete(client);
  state.holdings.delete(client);
}

function forgetDelegation(state: NfsState, key: StateKey): void {
  const { client, file: id } = state.delegations.get(key)!;
  const file = state.files.get(id)!;
  state.delegations.delete(key);
  state.holdings.get(client)!.delegations.delete(key);
  file.delegations = withoutKey(file.delegations, key);
  forgetFileIfEmpty(state, id, file);
}

function forgetLayout(state: NfsState, key: StateKey): void {
  const { client, file: id } = state.layouts.get(key)!;
  const file = state.files.get(id)!;
  state.layouts.delete(key);
  state.holdings.get(client)!.layouts.delete(key);
  file.layouts = withoutKey(file.layouts, key);
  forgetFileIfEmpty(state, id, file);
}

function forgetRevoked(state: NfsState, key: StateKey): void {
  state.holdings.get(state.revoked.get(key)!)!.revoked.delete(key);
  state.revoked.delete(key);
}

function forgetSession(state: NfsState, id: SessionId): void {
  const { client } = state.sessions.get(id)!;
  state.sessions.delete(id);
  state.holdings.get(client)!.sessions.delete(id);
}

function forgetOpen(state: NfsState, key: StateKey): void {
  const open = state.opens.get(key)!;
  const file = state.files.get(open.file)!;
  for (const each of [...file.locks]) if (state.locks.get(each)!.open === key) forgetLocks(state, each);
  state.opens.delete(key);
  state.holdings.get(open.client)!.opens.delete(key);
  file.opens = withoutKey(file.opens, key);
  forgetFileIfEmpty(state, open.file, file);
}

function forgetLocks(state: NfsState, key: StateKey): void {
  const { file: id } = state.locks.get(key)!;
  const file = state.files.get(id)!;
  state.locks.delete(key);
  file.locks = withoutKey(file.locks, key);
  forgetFileIfEmpty(state, id, file);
}

function forgetFileIfEmpty(state: NfsState, id: FileId, file: FileState): void {
  const { opens, locks, delegations, layouts } = file;
  if (opens.length + locks.length + delegations.length + layouts.length === 0) state.files.delete(id);
}
