/** Who heard what is told beside views, messages and calls: see tidings.ts. */
import { monitor, type WorldView } from '@holdfast/simulation';

/** Who is told: all nodes, and the one that comes back with a new drive, if one does. */
interface Audience {
  readonly nodes: number;
  readonly blank?: number;
}

/** By node and role, a bit each. */
interface Heard {
  blank: number;
  removed: number;
}

const rolesPerNode = 2;

export const heardTidings = monitor<Heard>({
  name: 'heard tidings',
  watches: ['call'],
  initial: () => ({ blank: 0, removed: 0 }),
  observe(state, { node, part, value }) {
    const { type } = value as { readonly type: string };
    if (type === 'blank' || type === 'removed') state[type] |= 1 << (rolesPerNode * node + part);
  },
  encode({ blank, removed }, into) {
    into.uint(blank);
    into.uint(removed);
  },
  decode: (from) => ({ blank: from.uint(), removed: from.uint() }),
});

const heard = (view: WorldView): Heard => view.monitor<Heard>(1);

/** Whether anybody heard that the object was removed: nobody asks any more what its blocks are. */
export const isRemoved = (view: WorldView): boolean => heard(view).removed !== 0;

/** Whether everyone heard it. */
export const isRemovedEverywhere = ({ nodes }: Audience, view: WorldView): boolean =>
  heard(view).removed === 2 ** (rolesPerNode * nodes) - 1;

/** Whether it is on record with everyone else that a member comes back with nothing: it does not come back before. */
export const isBlankOnRecord = ({ nodes, blank }: Audience, view: WorldView): boolean => {
  if (blank === undefined) return true;
  const own = (2 ** rolesPerNode - 1) << (rolesPerNode * blank);
  return (heard(view).blank | own) === 2 ** (rolesPerNode * nodes) - 1 && view.diskOpsInFlight === 0;
};
