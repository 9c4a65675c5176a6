import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';
import { type ObjectStatus, objectStatuses } from './object-types.ts';

/** In which states an event is handled, and why it cannot arrive in all others. */
interface Column {
  readonly handledIn: readonly ObjectStatus[];
  readonly ignoredIn?: readonly ObjectStatus[];
  readonly ignoredBecause?: string;
  readonly otherwise: string;
}

const all: Column = { handledIn: objectStatuses, otherwise: '' };
const onlyIn = (handledIn: readonly ObjectStatus[], otherwise: string): Column => ({ handledIn, otherwise });

const unasked = 'it answers a request that this node has not under way';
const oneToken = 'this node owns the object or is being given it, so that nobody else can have it';

const columns: Readonly<Record<string, Column>> = {
  get: all,
  grab: all,
  find: all,
  flush: all,
  evict: all,
  remove: all,
  sync: all,
  put: onlyIn(
    ['INV_OWNER', 'READ_COPY', 'READ_OWNER', 'WRITE_OWNER'],
    'a lease keeps the object in a state that serves it',
  ),
  set: onlyIn(['INV_OWNER', 'WRITE_OWNER'], 'only an exclusive lease can set'),
  filled: {
    handledIn: ['INV_FILLING'],
    ignoredIn: objectStatuses.filter((status) => status !== 'INV_FILLING'),
    ignoredBecause: 'the load was given up: what it came to is dropped',
    otherwise: '',
  },
  'fill-failed': {
    handledIn: ['INV_FILLING'],
    ignoredIn: objectStatuses.filter((status) => status !== 'INV_FILLING'),
    ignoredBecause: 'the load was given up: what it came to is dropped',
    otherwise: '',
  },
  prefetch: all,
  execute: all,
  watch: all,
  ran: onlyIn(['WRITE_OWNER'], 'an operation keeps the object while it runs'),
  EXEC_REQ: all,
  WATCH_REQ: all,
  COPY_REQ: all,
  RM_REQ: all,
  COPY: onlyIn(['WAIT_OBJ_READ'], unasked),
  GRANT: onlyIn(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE'], unasked),
  ABSENT_OWNERSHIP: onlyIn(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE'], unasked),
  ABSENT: onlyIn(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE'], unasked),
  BUSY: onlyIn(['WAIT_OBJ_WRITE'], unasked),
  FAILED: onlyIn(['WAIT_OBJ_READ', 'WAIT_OBJ_WRITE'], unasked),
  INV: onlyIn(['INV_COPY', 'READ_COPY', 'WAIT_OBJ_READ', 'WAIT_OBJ_WRITE', 'WAIT_OBJ_RM_DONE'], oneToken),
  IACK: onlyIn(['WAIT_OBJ_WRITE', 'WAIT_ACK_INV', 'WAIT_ACK_WRITE'], 'only a node about to write is told'),
  RM: onlyIn(
    ['INV_COPY', 'READ_COPY', 'WAIT_OBJ_READ', 'WAIT_OBJ_WRITE', 'WAIT_OBJ_RM_DONE', 'WAIT_CHG_OWN_ACK'],
    oneToken,
  ),
  RM_ACK: onlyIn(['WAIT_OBJ_RM_ACK'], 'only the owner that removes is told'),
  RM_ACK2: onlyIn(['WAIT_OBJ_RM_ACK2'], 'only a default owner that was told of a removal is sent the end of it'),
  RM_DONE: onlyIn(['WAIT_OBJ_RM_DONE'], unasked),
  OWN: onlyIn(
    ['INV_COPY', 'READ_COPY', 'WAIT_OBJ_READ', 'WAIT_OBJ_WRITE', 'WAIT_OBJ_RM_DONE', 'WAIT_CHG_OWN_ACK'],
    oneToken,
  ),
  OWN_ACK: onlyIn(['WAIT_CHG_OWN_ACK'], 'only a node that offers the object is answered'),
  OWN_NACK: onlyIn(['WAIT_CHG_OWN_ACK'], 'only a node that offers the object is answered'),
};

function cellOf({ handledIn, ignoredIn, ignoredBecause, otherwise }: Column, status: ObjectStatus): Cell {
  if (handledIn.includes(status)) return handled;
  if (ignoredIn?.includes(status) === true) return ignored(ignoredBecause ?? '');
  return impossible(otherwise);
}

/** What happens whatever state the object is in. */
export const besideStates: Readonly<Record<string, Cell>> = {
  SYNC: handled,
  SYNCED: handled,
  stored: handled,
  LOAD: handled,
  LOADED: handled,
  loaded: handled,
  EXECUTED: handled,
  CHANGED: handled,
  SHADOW: handled,
  SHADOW_ACK: handled,
};

/** Rows are the states of an object, columns local calls, messages and completions. */
export const objectTable: CellTable = {
  ...Object.fromEntries(
    objectStatuses.map((status) => [
      status,
      Object.fromEntries(Object.entries(columns).map(([column, cells]) => [column, cellOf(cells, status)])),
    ]),
  ),
  'any state': besideStates,
};
