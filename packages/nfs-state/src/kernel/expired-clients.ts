import { expiredNamesMax } from '../limits.ts';
import type { ClientId, NfsState, StateKey, Status } from './state-types.ts';

/** The stateids of a client: of its opens, of the locks under them, and of what it is delegated. */
function* keysOf({ holdings, opens, files, locks }: NfsState, client: ClientId): Generator<StateKey> {
  const held = holdings.get(client)!;
  for (const key of held.opens) {
    yield key;
    for (const each of files.get(opens.get(key)!.file)!.locks) if (locks.get(each)!.open === key) yield each;
  }
  yield* held.delegations;
}

/**
 * The client is about to go because its lease ran out. In NFSv4.0 its stateids and its id tell it so (RFC 7530, 9.6.3); in
 * NFSv4.1 its sessions are gone, and it shows nothing outside of one.
 */
export function rememberExpired(state: NfsState, client: ClientId): void {
  if (state.clients.get(client)!.minor !== 0) return;
  const { expired } = state;
  for (const key of keysOf(state, client)) expired.add(key);
  expired.add(client);
  for (const oldest of expired) {
    if (expired.size <= expiredNamesMax) break;
    expired.delete(oldest);
  }
}

/** What is said to a client that is not there. */
export const unknownClient = ({ expired }: NfsState, client: ClientId): Status =>
  expired.has(client) ? 'EXPIRED' : 'STALE_CLIENTID';
