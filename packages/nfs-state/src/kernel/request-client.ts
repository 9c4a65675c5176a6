import type { Request } from './plan-record.ts';
import type { ClientId, NfsState, Operation } from './state-types.ts';

/** The stateid that an operation names, if any. */
export function namedBy(operation: Operation): string | undefined {
  if ('stateid' in operation) return operation.stateid.key;
  return operation.type === 'lock-new' ? operation.open.key : undefined;
}

/** What heads ask of themselves says nothing of a client. */
const ofHeads: ReadonlySet<Operation['type']> = new Set(['expire', 'keep', 'layout-io']);

/**
 * The client whose lease a request renews (RFC 7530, 9.5; RFC 8881, 8.3): that of its session, the one it names, or whose
 * stateid it shows. Undefined where the state knows none.
 */
export function clientOf(state: NfsState, { operation, slot }: Request): ClientId | undefined {
  if (ofHeads.has(operation.type)) return undefined;
  if (slot !== undefined) return state.sessions.get(slot.session)?.client;
  if ('client' in operation) return state.clients.has(operation.client) ? operation.client : undefined;
  const key = namedBy(operation);
  if (key === undefined) return undefined;
  const held = state.opens.get(key) ?? state.locks.get(key) ?? state.delegations.get(key) ?? state.layouts.get(key);
  return held?.client;
}
