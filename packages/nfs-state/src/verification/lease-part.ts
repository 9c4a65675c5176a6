import { type CellTable, handled, type Kernel } from '@holdfast/kernel';
import { leaseKernel } from '../kernel/lease-kernel.ts';
import type { LeaseEnv, LeaseEvent, LeaseMessage, LeaseState, LeaseWish } from '../kernel/lease-types.ts';
import type { ClientId } from '../kernel/state-types.ts';

/** The leases of a head, which is told after each step who is lapsed and who is given up. */
export type LeasePartEvent = LeaseEvent | { readonly type: 'reset' };

export type LeasePartWord =
  | LeaseWish
  | { readonly type: 'leases'; readonly lapsed: readonly ClientId[]; readonly given: readonly ClientId[] };

const table: CellTable = { ...leaseKernel.table, host: { reset: handled } };

export const leasePartKernel: Kernel<LeaseState, LeasePartEvent, LeaseEnv, LeaseMessage, never, LeasePartWord> = {
  ...leaseKernel,
  table,
  row: (state, event, env) => (event.type === 'reset' ? 'host' : leaseKernel.row(state, event, env)),
  step(state, event, env, out) {
    if (event.type === 'reset') Object.assign(state, leaseKernel.initial({ ...env, clients: [] }));
    else leaseKernel.step(state, event, env, out);
    const ran = [...state.left].filter(([, ticks]) => ticks === 0);
    const given = env.rules.servesGivenUp() ? [] : [...state.given.keys()].sort();
    out.deliver({ type: 'leases', lapsed: ran.map(([client]) => client).sort(), given });
  },
};
