import { type CellTable, handled, impossible } from '@holdfast/kernel';

const unread = impossible('the parity IOM is asked only once the log was read');
const once = impossible('a log is read once');
const notAsked = impossible('the storage was not asked');
const notSent = impossible('the parity IOM was not told of it in this life of the link');
const open = impossible('the end is journaled when the update is closed');

const asked = { combined: notAsked, difference: notAsked, verified: notAsked, hardened: notAsked };
const journal = { 'mj durable': notAsked, 'end durable': open };
const heard = { request_delta: notSent, delta_held: notSent, parity_hardened: notSent, recalled: notSent };
const each = { ...asked, ...journal, ...heard };

/** Rows: the whole IOM for calls, links and the log; the stage of the update an event is about for the rest. */
export const dataTable: CellTable = {
  recovering: { write: handled, recovered: handled, 'peer up': handled, 'peer down': handled, resolved: unread },
  serving: { write: handled, recovered: once, 'peer up': handled, 'peer down': handled, resolved: handled },
  preparing: { ...each, combined: handled },
  updating: {
    ...each,
    hardened: handled,
    'mj durable': handled,
    request_delta: handled,
    delta_held: handled,
    parity_hardened: handled,
  },
  found: { ...each, verified: handled },
  adopted: { ...each, verified: handled },
  differing: { ...each, difference: handled, hardened: handled, 'mj durable': handled },
  recalling: { ...each, recalled: handled },
  restoring: { ...each, combined: handled },
  ended: { ...each, 'end durable': handled },
};
