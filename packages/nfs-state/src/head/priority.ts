import { NfsOptionsError } from '../errors.ts';
import type { Delta } from '../kernel/state-types.ts';

/**
 * How a change reaches the other heads (US 7,809,675, claim 1): `durable` through the log, before anybody is answered;
 * `volatile` from memory to memory, some milliseconds later, and not at all where its head dies before.
 */
export type Priority = 'durable' | 'volatile';

export type PriorityTable = Readonly<Record<Delta['type'], Priority>>;

/**
 * The question for each kind of change: would its loss break a promise made to any client? A record is durable as soon as
 * one of its changes is, so that what owners and slots were answered lies in the log beside what they were promised.
 * Those of a request that changed nothing else are durable too: a late copy of it must not be carried out elsewhere.
 */
export const priorityTable: PriorityTable = {
  'client-unconfirmed': 'durable',
  'unconfirmed-gone': 'durable',
  'client-confirmed': 'durable',
  'client-gone': 'durable',
  expired: 'durable',
  'client-kept': 'durable',
  'leases-restarted': 'durable',
  grace: 'durable',
  open: 'durable',
  close: 'durable',
  locks: 'durable',
  'locks-gone': 'durable',
  'lock-owner-gone': 'durable',
  delegation: 'durable',
  'delegation-gone': 'durable',
  layout: 'durable',
  'layout-gone': 'durable',
  revoked: 'durable',
  'revoked-freed': 'durable',
  session: 'durable',
  'session-gone': 'durable',
  'session-shared': 'durable',
  'open-owner': 'durable',
  'lock-owner': 'durable',
  slot: 'durable',
  'slot-step': 'volatile',
  renewed: 'volatile',
};

/**
 * What costs a client that is out of luck work, where it is lost, but breaks no promise. Of owners and slots of refused
 * requests the explorer found otherwise: a late copy would be carried out after its client was told no.
 */
const noPromises: ReadonlySet<string> = new Set(['client-unconfirmed', 'slot-step', 'renewed']);

export interface PriorityOptions {
  /** Changes of the table. */
  readonly change?: Partial<PriorityTable> | undefined;
  /** Allow promises to be volatile: clients may lose what they were granted. For measurements. @default false */
  readonly unsafe?: boolean | undefined;
}

/** @throws NfsOptionsError (HF_NFS_OPTIONS) where a promise would be volatile, or a change is unknown */
export function priorities({ change = {}, unsafe = false }: PriorityOptions = {}): PriorityTable {
  for (const [type, priority] of Object.entries(change)) {
    const usual = (priorityTable as Readonly<Record<string, Priority>>)[type];
    if (usual === undefined || (priority !== 'durable' && priority !== 'volatile')) {
      throw new NfsOptionsError(`There is no priority ${JSON.stringify(priority)} of ${type}.`, 'See priorityTable.');
    }
    if (priority === 'volatile' && !noPromises.has(type) && !unsafe) {
      throw new NfsOptionsError(
        `A client could lose what ${type} promised it.`,
        'Leave it durable, or say unsafe: true where nobody relies on it.',
      );
    }
  }
  return { ...priorityTable, ...change };
}

export const priorityOf = (table: PriorityTable, deltas: readonly Delta[]): Priority =>
  deltas.some(({ type }) => table[type] === 'durable') ? 'durable' : 'volatile';
