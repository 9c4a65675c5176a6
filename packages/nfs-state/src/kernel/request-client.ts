import type { Request } from './request.ts';
import type { ClientId, FileId, NfsState, Operation, SessionId, Status } from './state-types.ts';

/** The stateid that an operation names, if any. */
export function namedBy(operation: Operation): string | undefined {
  if ('stateid' in operation) return operation.stateid.key;
  return operation.type === 'lock-new' ? operation.open.key : undefined;
}

/** What a stateid stands for, if anything: all of it is a client's and of a file. */
export const heldUnder = (state: NfsState, key: string): { client: ClientId; file: FileId } | undefined =>
  state.opens.get(key) ?? state.locks.get(key) ?? state.delegations.get(key) ?? state.layouts.get(key);

/** What makes and ends clients may be asked by the session of another one (RFC 8881, 18.36.3 and 18.50.3). */
const ofAnyClient: ReadonlySet<Operation['type']> = new Set(['create-session', 'destroy-clientid']);

/**
 * What is said to an operation of a session that speaks for another client: a stateid is that of one client, and a session
 * is one client's (RFC 8881, 8.2.1).
 */
export function refusalOfForeign(state: NfsState, operation: Operation, session: SessionId): Status | undefined {
  const client = state.sessions.get(session)?.client;
  if ('client' in operation && operation.client !== client && !ofAnyClient.has(operation.type)) return 'STALE_CLIENTID';
  const key = namedBy(operation);
  const held = key === undefined ? undefined : heldUnder(state, key);
  return held === undefined || held.client === client ? undefined : 'BAD_STATEID';
}

/** What heads ask of themselves says nothing of a client. */
const ofHeads: ReadonlySet<Operation['type']> = new Set(['expire', 'keep', 'layout-io', 'end-grace']);

/**
 * The client whose lease a request renews (RFC 7530, 9.5; RFC 8881, 8.3): that of its session, the one it names, or whose
 * stateid it shows. Undefined where the state knows none.
 */
export function clientOf(state: NfsState, { operation, slot }: Request): ClientId | undefined {
  if (ofHeads.has(operation.type)) return undefined;
  if (slot !== undefined) return state.sessions.get(slot.session)?.client;
  if ('client' in operation) return state.clients.has(operation.client) ? operation.client : undefined;
  if ('session' in operation) return state.sessions.get(operation.session)?.client;
  const key = namedBy(operation);
  if (key === undefined) return undefined;
  return heldUnder(state, key)?.client;
}
