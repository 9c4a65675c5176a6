import type { LocalCall, RemoteRequest } from '../kernel/object-types.ts';
import type { NodeState } from './report.ts';
import type { ScenarioWorld } from './scenario-world.ts';

/** An object on a node, in the words of a scenario: calls by their names, bytes by their values. */
export function nodeState(world: ScenarioWorld, key: string, node: number): NodeState {
  const entry = world.entries(key)[node]!;
  const nameOf = (call: number): string => world.calls.numbered(call)?.name ?? `call ${call}`;
  const waits = (item: LocalCall | RemoteRequest): string =>
    'requester' in item ? `${item.type} of node ${item.requester}` : nameOf(item.call);
  const holders = entry.writer === 0 ? entry.readers : [...entry.readers, entry.writer];
  return {
    node,
    state: entry.status,
    value: world.values.value(entry.payload),
    probOwner: entry.probOwner,
    copyset: entry.copyset,
    version: entry.version,
    incarnation: entry.incarnation,
    holders: holders.map(nameOf),
    waiting: entry.queue.map(waits),
  };
}
