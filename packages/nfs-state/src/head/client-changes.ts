import type { LeaseEvent } from '../kernel/lease-types.ts';
import type { ClientId, Delta, NfsState } from '../kernel/state-types.ts';

/** What leases must know of a change, as of before it is made. */
export function* leaseEventsOf(state: NfsState, delta: Delta): Generator<LeaseEvent> {
  switch (delta.type) {
    case 'client-confirmed': {
      const { id, name } = delta.client;
      const before = state.names.get(name);
      if (before !== undefined && before !== id) yield { type: 'gone', client: before };
      if (!state.clients.has(id)) yield { type: 'met', client: id };
      break;
    }
    case 'client-gone':
      yield { type: 'gone', client: delta.client };
      break;
    case 'renewed':
      yield { type: 'renewed', client: delta.client };
      break;
  }
}

/** What they must know where the state is another one: whose leases are counted, and whose should be. */
export function* clientsApart(counted: Iterable<ClientId>, { clients }: NfsState): Generator<LeaseEvent> {
  const before = new Set(counted);
  for (const client of before) if (!clients.has(client)) yield { type: 'gone', client };
  for (const client of clients.keys()) if (!before.has(client)) yield { type: 'met', client };
}
