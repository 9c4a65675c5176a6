import { monitor } from '@holdfast/simulation';
import type { ObjectEvent, ObjectNotice } from '../kernel/object-types.ts';
import { type Ghost, ghost, permuted } from './ghosts.ts';

const counts = ['no', 'here', 'elsewhere', 'twice'] as const;

/** Whether the last operation of each node was run, and where. What was run elsewhere may lose its answer. */
export type ExecuteGhost = (typeof counts)[number][];

/** No operation is run twice, asked for again or not. */
export const executeGhost = (nodes: number): Ghost =>
  ghost<ExecuteGhost>({
    monitor: monitor<ExecuteGhost>({
      name: 'operations run',
      watches: ['call', 'deliver'],
      initial: () => new Array<'no'>(nodes).fill('no'),
      observe(state, { kind, node, value }) {
        if (kind === 'call') {
          const event = value as ObjectEvent;
          if (event.type === 'execute' && !event.again) state[node] = 'no';
        } else {
          const notice = value as ObjectNotice;
          if (notice.type !== 'run') return;
          const first = notice.node === node ? 'here' : 'elsewhere';
          state[notice.node] = state[notice.node] === 'no' ? first : 'twice';
        }
      },
      encode: (state, into) => into.list(state, (each, to) => to.uint(counts.indexOf(each))),
      decode: (from) => from.list((each) => counts[each.uint()]!),
      violation: (state) => (state.includes('twice') ? 'an operation was run twice' : undefined),
    }),
    renamed: permuted,
  });
