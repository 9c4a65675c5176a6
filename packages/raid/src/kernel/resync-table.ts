import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const once = impossible('a log is read once');
const unread = impossible('nothing is said of views, drives or objects before the log was read');
const fenced = ignored('it was sent before the view left the sender out, or in a life before');
const viewless = impossible('who writes for another works by a view, and hears of none before the log was read');
const returns = impossible('whoever has blocks to restore returns, and then nobody goes on without parity');
const again = impossible('a parity IOM welcomes once');
const notAsked = impossible('the storage was not asked');
const gone = ignored('the proxy that wanted to know is gone');

const always = { 'peer up': handled, 'peer down': handled, write: handled };
const tidings = (cell: Cell) => ({ view: cell, space: cell, blank: cell, removed: cell });
const asked = { combined: notAsked, hardened: notAsked, journaled: notAsked };

/**
 * Rows: the whole I/O manager for views, links, the log and calls; what the sender is for messages, all who are no
 * partners being `fenced` but for their welcome; how far a block is for what the storage answers. What the journaled write asked for is `storage`.
 */
export const resyncTable: CellTable = {
  recovering: { ...always, ...tidings(unread), write_for: viewless, recovered: handled },
  serving: { ...always, ...tidings(handled), write_for: handled, recovered: once },
  'data IOM': { storage: handled },
  apart: { welcome: fenced },
  greeted: { welcome: handled },
  fenced: {
    member_read: fenced,
    restore_value: fenced,
    parity_fresh: fenced,
    in_place: fenced,
    'write message': fenced,
  },
  partner: {
    welcome: again,
    member_read: handled,
    restore_value: handled,
    parity_fresh: handled,
    in_place: handled,
    'write message': handled,
  },
  replaced: { welcome: fenced, restore_value: returns },
  placing: { ...asked, combined: handled },
  hardening: { ...asked, hardened: handled },
  journaling: { ...asked, journaled: handled },
  mark: { journaled: ignored('the entries behind it say what has ended') },
  read: { difference: handled },
  deputy: { combined: handled, difference: handled },
  over: { ...asked, difference: gone },
};
