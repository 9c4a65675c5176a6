import type { LocalCall, RemoteRequest } from '../kernel/object-types.ts';
import type { NodeState } from './report.ts';
import type { ScenarioWorld } from './scenario-world.ts';

const nothing = { value: null, copyset: [], version: 0, incarnation: 0, holders: [], waiting: [] };

/** An object on a node, in the words of a scenario: calls by their names, bytes by their values. */
export function nodeState(world: ScenarioWorld, key: string, node: number): NodeState {
  const host = world.host(node);
  const entry = world.entry(node, key);
  if (host === undefined || entry === undefined) {
    return { ...nothing, node, state: 'DOWN', probOwner: null, view: 0, phase: 'down' };
  }
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
    view: host.state.view.epoch,
    phase: host.state.phase,
  };
}
