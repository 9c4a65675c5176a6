import { type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const once = impossible('a log is read once');
const fenced = ignored('it was sent before the view left the sender out, or before it said hello');
const notAsked = impossible('the storage was not asked');
const early = impossible('it is asked for when the block before it is there');
const over = ignored('the member that wanted it is gone');

const whole = {
  view: handled,
  space: handled,
  blank: handled,
  removed: handled,
  doubtful: handled,
  'peer up': handled,
  'peer down': handled,
  read: handled,
  write: handled,
};
const messages = {
  restore: fenced,
  restored: fenced,
  member_value: fenced,
  'write message': fenced,
  in_place: fenced,
  over: fenced,
  astray: fenced,
};
const asked = { summed: notAsked, combined: notAsked, hardened: early, journaled: early };

/**
 * Rows: the whole I/O manager for views, links, the log and calls; what the sender is for messages, all who are
 * no members being `fenced` but for their hello; how far an operation
 * is for what the storage answers. What the journaled write asked for is `storage`.
 */
export const proxyTable: CellTable = {
  recovering: { ...whole, recovered: handled },
  serving: { ...whole, recovered: once },
  'parity IOM': { storage: handled },
  apart: { hello: handled },
  fenced: messages,
  member: {
    hello: ignored('it was said again because the view changed'),
    restore: handled,
    restored: handled,
    member_value: handled,
    'write message': handled,
    in_place: handled,
    over: handled,
    astray: handled,
  },
  out: { hello: handled },
  leaving: { hello: handled },
  summing: { ...asked, summed: handled },
  folding: { ...asked, combined: handled },
  hardening: { ...asked, hardened: handled },
  journaling: { ...asked, hardened: notAsked, journaled: handled },
  mark: { journaled: handled },
  over: { summed: over, combined: notAsked, hardened: notAsked, journaled: notAsked },
};
