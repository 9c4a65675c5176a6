import type { NodeSet } from './node-set.ts';
import type { Baggage, CallId, ExecuteRequest, NodeCall, NodeId, RemoveRequest } from './object-types.ts';

/** Shared by all objects that need none. */
export const noBaggage: Baggage = { executed: [], watchers: [], migratory: false, onDevice: false };

const isPlain = ({ executed, watchers, migratory, onDevice }: Baggage): boolean =>
  executed.length === 0 && watchers.length === 0 && !migratory && !onDevice;

/** The shared one where nothing is in it, so that equal ones are the same. */
export const normal = (baggage: Baggage): Baggage => (isPlain(baggage) ? noBaggage : baggage);

/**
 * Calls whose answers their node has had are forgotten: it numbers them in order and says which is the oldest open. A
 * node with many under way has as many here, so the others are left alone in one piece.
 */
export function withExecuted(baggage: Baggage, { requester, call, oldest }: ExecuteRequest | RemoveRequest): Baggage {
  const { executed } = baggage;
  const first = placeOf(executed, requester, 0);
  const firstOpen = placeOf(executed, requester, oldest);
  const place = placeOf(executed, requester, call);
  const isKnown = executed[place]?.node === requester && executed[place].call === call;
  const kept = isKnown ? [...executed] : executed.toSpliced(place, 0, { node: requester, call });
  if (firstOpen > first) kept.splice(first, firstOpen - first);
  return { ...baggage, executed: kept };
}

/** Where a call is among those in order, or would be. */
function placeOf(calls: readonly NodeCall[], node: NodeId, call: CallId): number {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const each = calls[middle]!;
    if (each.node < node || (each.node === node && each.call < call)) low = middle + 1;
    else high = middle;
  }
  return low;
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
