import type { NodeSet } from './node-set.ts';
import type { Baggage, CallId, ExecuteRequest, NodeCall, NodeId, RemoveRequest } from './object-types.ts';

/** Shared by all objects that need none. */
export const noBaggage: Baggage = { executed: [], watchers: [], migratory: false, onDevice: false };

const isPlain = ({ executed, watchers, migratory, onDevice }: Baggage): boolean =>
  executed.length === 0 && watchers.length === 0 && !migratory && !onDevice;

/** The shared one where nothing is in it, so that equal ones are the same. */
export const normal = (baggage: Baggage): Baggage => (isPlain(baggage) ? noBaggage : baggage);

/** Calls whose answers their node has had are forgotten: it numbers them in order and says which is the oldest open. */
export function withExecuted(baggage: Baggage, { requester, call, oldest }: ExecuteRequest | RemoveRequest): Baggage {
  const added = { node: requester, call };
  const executed: NodeCall[] = [];
  let isAdded = false;
  for (const each of baggage.executed) {
    if (each.node === requester && (each.call < oldest || each.call === call)) continue;
    if (!isAdded && inOrder(added, each) < 0) {
      executed.push(added);
      isAdded = true;
    }
    executed.push(each);
  }
  if (!isAdded) executed.push(added);
  return { ...baggage, executed };
}

export const wasExecuted = ({ executed }: Baggage, node: NodeId, call: CallId): boolean =>
  executed.some((each) => each.node === node && each.call === call);

const inOrder = (a: NodeCall, b: NodeCall): number => a.node - b.node || a.call - b.call;

/** A node that left asks for nothing again, and one that starts again in its place numbers its calls anew. */
export const withoutStrangers = (baggage: Baggage, survivors: NodeSet): Baggage =>
  baggage.executed.every(({ node }) => survivors.includes(node))
    ? baggage
    : normal({ ...baggage, executed: baggage.executed.filter(({ node }) => survivors.includes(node)) });

export const withWatcher = (baggage: Baggage, watcher: NodeCall): Baggage => ({
  ...baggage,
  watchers: [...baggage.watchers, watcher].sort(inOrder),
});

export const withoutWatchers = (baggage: Baggage): Baggage => normal({ ...baggage, watchers: [] });

/** What a copy knows: who watches, and how readers are served, is the owner's affair. */
export const baggageOfCopy = (baggage: Baggage): Baggage => normal({ ...noBaggage, executed: baggage.executed });

export const withMigratory = (baggage: Baggage, migratory: boolean): Baggage =>
  migratory === baggage.migratory ? baggage : normal({ ...baggage, migratory });

export const withOnDevice = (baggage: Baggage, onDevice: boolean): Baggage =>
  onDevice === baggage.onDevice ? baggage : normal({ ...baggage, onDevice });
