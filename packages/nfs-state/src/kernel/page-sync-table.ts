import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';
import { type PageStatus, pageStatuses } from './page-sync-types.ts';

const notWriting = impossible('an outstanding WRITE is known by its page, which is then in a writing state');
const underWay = ignored('the page is on its way already');

function pageRow(status: PageStatus): Readonly<Record<string, Cell>> {
  const isWriting = status === 'WRITE_LD' || status === 'WRITE_MDS';
  return {
    write: handled,
    'write-back': status === 'CLIENT_DIRTY' ? handled : status === 'ERROR' ? ignored('it cannot be written') : underWay,
    written: isWriting ? handled : notWriting,
    'write-failed': isWriting ? handled : notWriting,
  };
}

const notAsked = impossible('it answers a request that is outstanding, and none of the kind is');
const lateAnswer = ignored('it answers something that was given up: connection or lease were lost since');

/** A page event falls into the row of the page; an event of the layout into the row of its state; the rest into `file`. */
export const pageSyncTable: CellTable = {
  CLEAN: {
    write: handled,
    'write-back': ignored('there is nothing to write'),
    written: notWriting,
    'write-failed': notWriting,
  },
  ...Object.fromEntries(pageStatuses.map((status) => [status, pageRow(status)])),
  file: {
    flush: handled,
    truncate: handled,
    'server-lost': handled,
    'lease-lost': handled,
    'timer-suspend': handled,
    'timer-rest': handled,
  },
  'layout none': {
    recall: ignored('there is none'),
    layout: notAsked,
    'layout-refused': notAsked,
    'layout-returned': notAsked,
  },
  'layout getting': {
    recall: ignored('it is of a layout before the one asked for'),
    layout: handled,
    'layout-refused': handled,
    'layout-returned': notAsked,
  },
  'layout held': { recall: handled, layout: notAsked, 'layout-refused': notAsked, 'layout-returned': notAsked },
  'layout giving-up': {
    recall: ignored('it is given up already'),
    layout: notAsked,
    'layout-refused': notAsked,
    'layout-returned': notAsked,
  },
  'layout returning': {
    recall: ignored('it is on its way back'),
    layout: notAsked,
    'layout-refused': notAsked,
    'layout-returned': handled,
  },
  outstanding: {
    committed: handled,
    'commit-failed': handled,
    'layout-committed': handled,
    'layout-commit-failed': handled,
    'attributes-set': handled,
  },
  late: {
    written: lateAnswer,
    'write-failed': lateAnswer,
    committed: lateAnswer,
    'commit-failed': lateAnswer,
    layout: lateAnswer,
    'layout-refused': lateAnswer,
    'layout-returned': lateAnswer,
    'layout-committed': lateAnswer,
    'layout-commit-failed': lateAnswer,
    'attributes-set': lateAnswer,
  },
};
