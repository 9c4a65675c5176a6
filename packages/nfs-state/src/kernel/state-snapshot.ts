import type { Delta, NfsState } from './state-types.ts';

const inOrder = <Value>(of: ReadonlyMap<string, Value>): [string, Value][] =>
  [...of].sort(([one], [other]) => (one < other ? -1 : 1));

/** The owner's name in its key: client ids have no slash. */
const ownerOf = (key: string): { client: string; owner: string } => {
  const slash = key.indexOf('/');
  return { client: key.slice(0, slash), owner: key.slice(slash + 1) };
};

/**
 * The deltas that make a state out of an empty one: what a snapshot keeps. Equal states give equal lists, whatever path
 * led to them.
 */
export function snapshotOf(state: NfsState): readonly Delta[] {
  const deltas: Delta[] = [{ type: 'leases-restarted', restarts: state.restarts }];
  if (state.epoch > 1) deltas.push({ type: 'grace', epoch: state.epoch, clients: state.grace });
  for (const [, client] of inOrder(state.clients)) deltas.push({ type: 'client-confirmed', client });
  for (const [, client] of inOrder(state.unconfirmed)) deltas.push({ type: 'client-unconfirmed', client });
  for (const [, session] of inOrder(state.sessions)) deltas.push({ type: 'session', session });
  for (const [key, is] of inOrder(state.openOwners)) deltas.push({ type: 'open-owner', ...ownerOf(key), is });
  for (const [key, is] of inOrder(state.lockOwners)) deltas.push({ type: 'lock-owner', ...ownerOf(key), is });
  for (const [, open] of inOrder(state.opens)) deltas.push({ type: 'open', open });
  for (const [, locks] of inOrder(state.locks)) deltas.push({ type: 'locks', locks });
  for (const [, delegation] of inOrder(state.delegations)) deltas.push({ type: 'delegation', delegation });
  for (const [, layout] of inOrder(state.layouts)) deltas.push({ type: 'layout', layout });
  for (const [key, client] of inOrder(state.revoked)) deltas.push({ type: 'revoked', key, client });
  if (state.expired.size > 0) deltas.push({ type: 'expired', names: [...state.expired] });
  return deltas;
}
