import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

/** The connection's table: rows are stages, columns the types of its events. */

type Row = Record<string, Cell>;

const noRead = impossible('no read is under way');
const noWrite = impossible('no write is under way');
const noCheck = impossible('no check is under way');
const notAsked = impossible('the host was not asked');
const noSession = impossible('there is no session before `ready`');
const noTimer = impossible('its timer is not armed in this stage');
const endedTwice = ignored('the session ended by itself just when it was told to');

const base: Row = {
  connect: handled,
  disconnect: handled,
  'peer-dead': handled,
  'read-done': noRead,
  'read-failed': noRead,
  'write-done': noWrite,
  'write-failed': noWrite,
  'check-done': noCheck,
  'check-failed': noCheck,
  inbox: handled,
  'needs-collected': notAsked,
  'ports-created': notAsked,
  'ports-failed': notAsked,
  'ports-destroyed': notAsked,
  'session-retained': noSession,
  'session-resumed': noSession,
  'session-closing': noSession,
  'session-ended': noSession,
  timer: noTimer,
};

const reads: Row = { 'read-done': handled, 'read-failed': handled };
const writes: Row = { 'write-done': handled, 'write-failed': handled };
const checks: Row = { 'check-done': handled, 'check-failed': handled };
/** Stages that wait for the peer look at its page from time to time. */
const waits: Row = { ...reads, timer: handled };

const row = (...parts: Row[]): Row => Object.assign({}, base, ...parts);

export const connectionTable: CellTable = {
  idle: row({
    disconnect: ignored('the peer is not wanted'),
    'peer-dead': ignored('the peer is not wanted'),
  }),
  waiting: row({ timer: handled }),
  reading: row(reads),
  incompatible: row({ timer: handled }),
  writing: row(writes),
  confirming: row(reads, { timer: handled }),
  agreeing: row(writes),
  collecting: row({ 'needs-collected': handled }),
  telling: row(writes),
  matching: row(waits),
  creating: row({ 'ports-created': handled, 'ports-failed': handled }),
  handing: row(writes),
  pairing: row(waits),
  checking: row(checks),
  readying: row(writes),
  expecting: row(waits),
  open: row(reads, {
    'session-retained': handled,
    'session-resumed': impossible('the session is not retained'),
    'session-closing': handled,
    'session-ended': handled,
    timer: handled,
  }),
  retained: row(reads, {
    'session-retained': impossible('the session is retained already'),
    'session-resumed': handled,
    'session-closing': handled,
    'session-ended': handled,
    timer: handled,
  }),
  closing: row(reads, writes, {
    'session-retained': ignored('it drains or it expires'),
    'session-resumed': ignored('it drains or it expires'),
    'session-closing': ignored('it is being closed'),
    'session-ended': handled,
  }),
  ending: row({
    'read-done': handled,
    'read-failed': handled,
    'write-done': handled,
    'write-failed': handled,
    'session-retained': ignored('it is being ended'),
    'session-resumed': ignored('it is being ended'),
    'session-closing': ignored('it is being ended'),
    'session-ended': handled,
  }),
  destroying: row({
    'ports-destroyed': handled,
    'session-ended': endedTwice,
  }),
  abandoning: row(reads, writes, checks, {
    'needs-collected': handled,
    'ports-created': handled,
    'ports-failed': handled,
    'session-ended': endedTwice,
  }),
};
