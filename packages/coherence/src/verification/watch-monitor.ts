import { monitor } from '@holdfast/simulation';
import type { CallResult } from '../kernel/object-types.ts';
import { type Ghost, ghost, permuted } from './ghosts.ts';

export const notWatching = -1;

/** What watchers are owed. */
export interface WatchGhost {
  /** Version of the last change. */
  changed: number;
  /** The version from which on each node watches, or {@link notWatching}. */
  seen: number[];
  broken: boolean;
}

/** A watcher is told later versions only. */
export const watchGhost = (nodes: number): Ghost =>
  ghost<WatchGhost>({
    monitor: monitor<WatchGhost>({
      name: 'changes told',
      watches: ['trace', 'reply'],
      initial: () => ({ changed: 0, seen: new Array<number>(nodes).fill(notWatching), broken: false }),
      observe(state, { kind, node, number, value }) {
        if (kind === 'trace') {
          if (value === 'changed') state.changed = number;
          if (value === 'watched') state.seen[node] = number;
        } else {
          const result = value as CallResult;
          if (result.outcome !== 'changed') return;
          if (result.version <= state.seen[node]!) state.broken = true;
          state.seen[node] = notWatching;
        }
      },
      encode({ changed, seen, broken }, into) {
        into.uint(changed);
        into.list(seen, (version, to) => to.int(version));
        into.flag(broken);
      },
      decode: (from) => ({ changed: from.uint(), seen: from.list((each) => each.int()), broken: from.flag() }),
      violation: ({ broken }) => (broken ? 'a watcher was told what it had seen' : undefined),
    }),
    renamed: (state, permutation) => ({ ...state, seen: permuted(state.seen, permutation) }),
    numbers: ({ changed, seen }) => [changed, ...seen].filter((version) => version > 0),
    renumbered: (state, image) => {
      const rank = (version: number): number => (version > 0 ? image(version) : version);
      return { ...state, changed: rank(state.changed), seen: state.seen.map(rank) };
    },
  });
