import type { Peer } from './journal.ts';
import { type GroupName, isGroup } from './named-table.ts';
import { type GroupOperation, isStale, memberOf, type ProxyEnv, type ProxyState, peerOf } from './proxy-state.ts';

/** Whether no update of a group may begin: the proxy has it to itself, or its parity may be stale. */
export function isLocked(
  state: ProxyState,
  name: GroupName,
  env: ProxyEnv,
  sure: boolean = isSure(state, name, env),
): boolean {
  if (!sure) return true;
  if (isStale(state, name) && env.proxyRules.holdsStaleParity()) return true;
  if (!env.proxyRules.locksGroup()) return false;
  return state.operations.some((operation) => isGroup(operation, name) && mayRun(state, operation, env));
}

/** Who may know that parity of a group here is stale: its members, and who writes for those of them that are stopped. */
export function witnessesOf(name: GroupName, env: ProxyEnv): ReadonlySet<Peer> {
  const others = (env.pairOf?.(name) ?? []).filter((peer) => peer !== env.self && env.peers.includes(peer));
  return new Set([...env.membersOf(name).map(({ peer }) => peer), ...others]);
}

/** Whether every member of a group said which parity it knows to be stale. Who is stopped while nobody returns knows none. */
export function isSure(state: ProxyState, name: GroupName, env: ProxyEnv): boolean {
  if (!env.proxyRules.hearsAll()) return true;
  return [...witnessesOf(name, env)].every((peer) => {
    const { heard, status } = memberOf(state, peer, env);
    return heard || (status === 'out' && !state.returning);
  });
}

/** Whether all members of a group are there to compute its parity from. */
export const mayEncode = (state: ProxyState, name: GroupName, env: ProxyEnv): boolean =>
  env.membersOf(name).every(({ peer }) => memberOf(state, peer, env).status === 'member');

/** Whether an operation may have its group, once that is quiet. */
export function mayRun(state: ProxyState, operation: GroupOperation, env: ProxyEnv): boolean {
  if (operation.stage !== 'waiting') return true;
  if (!isSure(state, operation, env)) return false;
  if (operation.kind === 'encode') return mayEncode(state, operation, env);
  if (isStale(state, operation) && env.proxyRules.holdsStaleParity()) return false;
  const { status } = memberOf(state, peerOf(operation, env), env);
  return operation.kind === 'restore' ? status === 'member' : status === 'out';
}
