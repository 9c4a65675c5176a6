import { monitor } from '@holdfast/simulation';
import { type CallResult, noPayload, type ObjectEvent } from '../kernel/object-types.ts';
import { type Ghost, ghost } from './ghosts.ts';

/** A sync that is not answered yet: the value its caller could see when it made the call. */
interface OpenSync {
  readonly node: number;
  readonly call: number;
  readonly value: number;
}

/** What the device is trusted to have. */
interface SyncGhost {
  /** The last value written, as the world sees it. */
  current: number;
  /** The last value that the device took. */
  kept: number;
  open: readonly OpenSync[];
  broken: boolean;
}

const isSync = ({ node, call }: OpenSync, where: number, number: number): boolean => node === where && call === number;

/** A sync is `done` when the device has the value, or a later one, or the object is being removed. */
export const syncGhost = (): Ghost =>
  ghost<SyncGhost>({
    monitor: monitor<SyncGhost>({
      name: 'values on the device',
      watches: ['call', 'trace', 'reply'],
      initial: () => ({ current: noPayload, kept: noPayload, open: [], broken: false }),
      observe(state, { kind, node, number, value }) {
        if (kind === 'call') {
          const event = value as ObjectEvent;
          if (event.type === 'sync') state.open = [...state.open, { node, call: event.call, value: state.current }];
        } else if (kind === 'reply') {
          const open = state.open.find((each) => isSync(each, node, number));
          if (open === undefined) return;
          state.open = state.open.filter((each) => each !== open);
          if ((value as CallResult).outcome === 'done' && open.value > state.kept) state.broken = true;
        } else if (value === 'written') {
          state.current = number;
        } else if (value === 'kept') {
          state.kept = Math.max(state.kept, number);
        } else if (value === 'removing') {
          state.current = noPayload;
          state.open = state.open.map((each) => ({ ...each, value: noPayload }));
        }
      },
      encode({ current, kept, open, broken }, into) {
        into.int(current);
        into.int(kept);
        into.list(open, (each, to) => {
          to.uint(each.node);
          to.uint(each.call);
          to.int(each.value);
        });
        into.flag(broken);
      },
      decode: (from) => ({
        current: from.int(),
        kept: from.int(),
        open: from.list((each) => ({ node: each.uint(), call: each.uint(), value: each.int() })),
        broken: from.flag(),
      }),
      violation: ({ broken }) => (broken ? 'a sync is done although the device does not have the value' : undefined),
    }),
    renamed: (state, permutation) => ({
      ...state,
      open: state.open.map((each) => ({ ...each, node: permutation[each.node]! })),
    }),
    numbers: ({ current, kept, open }) => [current, kept, ...open.map(({ value }) => value)].filter((each) => each > 0),
    renumbered(state, image) {
      const rank = (value: number): number => (value > 0 ? image(value) : value);
      return {
        ...state,
        current: rank(state.current),
        kept: rank(state.kept),
        open: state.open.map((each) => ({ ...each, value: rank(each.value) })),
      };
    },
  });
