import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const once = impossible('a log is read once');
const unread = impossible('nothing is said of views, drives or objects before the log was read');
const fenced = ignored('it was sent before the view left the sender out');
const formerly = ignored('it was sent in a life before the view left the sender out');
const returns = impossible('whoever has blocks to restore returns, and then nobody goes on without parity');
const again = impossible('a parity IOM welcomes once');
const notAsked = impossible('the storage was not asked');
const gone = ignored('the proxy that wanted to know is gone');

const always = { 'peer up': handled, 'peer down': handled, write: handled, write_for: handled };
const tidings = (cell: Cell) => ({ view: cell, space: cell, blank: cell, removed: cell });
const asked = { combined: notAsked, hardened: notAsked, journaled: notAsked };

/**
 * Rows: the whole I/O manager for views, links, the log and calls; what the sender is for messages; how far a block is
 * for what the storage answers. What the journaled write asked for is `storage`.
 */
export const resyncTable: CellTable = {
  recovering: { ...always, ...tidings(unread), recovered: handled },
  serving: { ...always, ...tidings(handled), recovered: once },
  'data IOM': { storage: handled },
  apart: {
    welcome: fenced,
    member_read: fenced,
    restore_value: fenced,
    parity_fresh: fenced,
    in_place: fenced,
    'write message': fenced,
  },
  greeted: {
    welcome: handled,
    member_read: formerly,
    restore_value: formerly,
    parity_fresh: formerly,
    in_place: formerly,
    'write message': formerly,
  },
  partner: {
    welcome: again,
    member_read: handled,
    restore_value: handled,
    parity_fresh: handled,
    in_place: handled,
    'write message': handled,
  },
  replaced: {
    welcome: fenced,
    member_read: fenced,
    restore_value: returns,
    parity_fresh: fenced,
    in_place: fenced,
    'write message': fenced,
  },
  placing: { ...asked, combined: handled },
  hardening: { ...asked, hardened: handled },
  journaling: { ...asked, journaled: handled },
  mark: { journaled: ignored('the entries behind it say what has ended') },
  read: { difference: handled },
  deputy: { combined: handled, difference: handled },
  over: { ...asked, difference: gone },
};
