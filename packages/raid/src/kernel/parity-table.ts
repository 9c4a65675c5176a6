import { type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const once = impossible('a log is read once');
const notAsked = impossible('the storage was not asked');
const open = impossible('the end is journaled when the update is closed');
const notPulled = impossible('the delta was not asked for, or is there');
const doubled = impossible('a data IOM sends an update again only when it heard that its parity is not good');
const ended = ignored('pj_complete is in the log, and the data IOM has not heard');

const answered = ignored('it was asked for in an earlier life of the link, and again, and the update ended');

const asked = { combined: notAsked, difference: notAsked, verified: notAsked, hardened: notAsked };
const journal = { 'pj durable': notAsked, 'end durable': open };
const heard = { ios_updatepn: doubled, delta: notPulled };
const each = { ...asked, ...journal, ...heard };

/**
 * Rows: the whole IOM for links and the log, `open` or not for what ends or recalls an update, its stage for the rest.
 */
export const parityTable: CellTable = {
  recovering: { recovered: handled, 'peer up': handled, 'peer down': handled, resolve: handled },
  serving: { recovered: once, 'peer up': handled, 'peer down': handled, resolve: handled },
  open: { recall: handled, abort: handled },
  closed: {
    recall: impossible('an update is recalled before data hardened was said, and so before it can end'),
    abort: impossible('only what was said to be open is aborted, and only by its data IOM'),
  },
  unknown: { ...each, ios_updatepn: handled, data_hardened: ended, difference: answered, 'end durable': handled },
  requested: { ...each, delta: handled, data_hardened: handled },
  merging: { ...each, combined: handled, data_hardened: handled },
  hardening: { ...each, difference: handled, hardened: handled, 'pj durable': handled, data_hardened: handled },
  found: { ...each, verified: handled, data_hardened: impossible('what is open is said after it was verified') },
  aside: {
    ...each,
    ios_updatepn: handled,
    data_hardened: impossible('a data IOM sends the update again first'),
  },
};
