import { type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

const gaveUp = ignored('this head was the appender of that epoch, and gave up');
const notYet = impossible('no head is welcome before the seal is durable');
const oneAppender = impossible('an epoch has one appender, and this head is not both');
const unasked = impossible('it was not asked for, or not under this epoch');
const other = ignored('it is of another appender than the one this head knows, or for an earlier life of it');
const again = ignored('what it says comes again with the welcome');

/** What any head may be told, whatever it does. */
const always = { request: handled, lapsed: handled, fenced: handled, JOIN: handled };
const stillAppends = impossible('another is appointed once the right of this head has run out');
/** What followers are sent. */
const forFollowers = {
  WELCOME: oneAppender,
  REFUSE: oneAppender,
  BATCH: oneAppender,
  PROGRESS: oneAppender,
  TOLD: oneAppender,
};
/** What followers send. */
const ofFollowers = { PROPOSE: notYet, HEARD: notYet, ASK: notYet };

/** A message or completion of another epoch falls into the row `another`. */
export const logTable: CellTable = {
  following: {
    ...always,
    appointed: handled,
    claimed: oneAppender,
    contents: handled,
    appended: oneAppender,
    gathered: oneAppender,
    saved: oneAppender,
    'storage-failed': handled,
    PROPOSE: oneAppender,
    HEARD: oneAppender,
    ASK: oneAppender,
    WELCOME: handled,
    REFUSE: handled,
    BATCH: handled,
    PROGRESS: handled,
    TOLD: handled,
  },
  /** Not welcome yet, or not any more. */
  knocking: {
    ...always,
    appointed: handled,
    claimed: gaveUp,
    contents: handled,
    appended: gaveUp,
    gathered: gaveUp,
    saved: gaveUp,
    'storage-failed': handled,
    PROPOSE: gaveUp,
    HEARD: gaveUp,
    ASK: gaveUp,
    WELCOME: handled,
    REFUSE: handled,
    BATCH: again,
    PROGRESS: again,
    TOLD: handled,
  },
  claiming: {
    ...always,
    appointed: stillAppends,
    ...forFollowers,
    ...ofFollowers,
    claimed: handled,
    contents: unasked,
    appended: unasked,
    gathered: unasked,
    saved: unasked,
    'storage-failed': handled,
  },
  recovering: {
    ...always,
    appointed: stillAppends,
    ...forFollowers,
    ...ofFollowers,
    claimed: unasked,
    contents: handled,
    appended: unasked,
    gathered: unasked,
    saved: unasked,
    'storage-failed': handled,
  },
  sealing: {
    ...always,
    appointed: stillAppends,
    ...forFollowers,
    ...ofFollowers,
    claimed: unasked,
    contents: unasked,
    appended: handled,
    gathered: unasked,
    saved: unasked,
    'storage-failed': handled,
  },
  appending: {
    ...always,
    appointed: stillAppends,
    ...forFollowers,
    PROPOSE: handled,
    HEARD: handled,
    ASK: handled,
    claimed: unasked,
    contents: unasked,
    appended: handled,
    gathered: handled,
    saved: handled,
    'storage-failed': handled,
  },
  another: {
    appointed: other,
    JOIN: other,
    WELCOME: other,
    REFUSE: other,
    BATCH: other,
    PROGRESS: other,
    TOLD: other,
    PROPOSE: other,
    HEARD: other,
    ASK: other,
    claimed: other,
    contents: other,
    appended: other,
    gathered: other,
    saved: other,
    'storage-failed': other,
  },
};
