import { type Cell, type CellTable, handled, ignored, impossible } from '@holdfast/kernel';

/**
 * The session's table. A session event falls into the row of the phase (`retained` is `open` without a usable link);
 * an event of a link, while a session lives, into the row of that link's state; a frame into the row of the link's
 * state too if it is of this session and of the link's epoch, else into the row that says why it is not.
 */

const noTraffic = 'no session is open here';
const noTimer = 'its timer is not armed in this phase';
const beforeOpen = ignored('the peer was faster: it sends again until this side is open');
const ofOlderSession = ignored('a straggler of a session that is gone for good');
const olderEpoch = ignored('the link was fenced since: a writer that slept must not be heard');
const onlyCarrying = ignored('only a link that carries records can become suspect');
const blockedAtOnce = impossible('the host reports a refused record before any other event, and none was sent');
const notProbed = impossible('this side has sent no probe in this epoch');
const notAnswered = impossible('the peer takes a link into use only after this side answered a probe in its epoch');
const linkNotUsed = impossible('the peer sends on this link only after this side has taken part in a probe');
const answersOnly = impossible('it answers something of that session, and this side has not said anything in it');
const aheadOnly = impossible('only FENCE is sent in an epoch the other side may not know yet');

type Row = Record<string, Cell>;

const timersOff: Row = {
  'timer-acknowledge': impossible(noTimer),
  'timer-retransmit': impossible(noTimer),
  'timer-retention': impossible(noTimer),
  'timer-drain': impossible(noTimer),
  'timer-close': impossible(noTimer),
  'timer-link': impossible(noTimer),
};

const linksIdle: Row = {
  'link-suspect': ignored(noTraffic),
  'link-failed': handled,
  'link-restored': handled,
  'link-blocked': impossible('nothing was sent'),
  'link-writable': ignored(noTraffic),
};

const frames = (cell: Cell, others: Row = {}): Row => ({
  'frame-data': cell,
  'frame-ack': cell,
  'frame-fence': cell,
  'frame-fenced': cell,
  'frame-probe': cell,
  'frame-probed': cell,
  'frame-close': cell,
  'frame-closed': cell,
  'frame-reset': cell,
  ...others,
});

export const sessionTable: CellTable = {
  idle: {
    open: handled,
    send: handled,
    consumed: impossible('nothing was delivered'),
    close: ignored('there is nothing to close'),
    'peer-dead': ignored('there is no session with it'),
    ...timersOff,
    ...linksIdle,
    ...frames(beforeOpen),
  },
  open: {
    open: impossible('one session at a time: end the present one first'),
    send: handled,
    consumed: handled,
    close: handled,
    'peer-dead': handled,
    'timer-acknowledge': handled,
    'timer-retransmit': handled,
    'timer-retention': impossible('a link is usable'),
    'timer-drain': impossible(noTimer),
    'timer-close': impossible(noTimer),
  },
  retained: {
    open: impossible('one session at a time: end the present one first'),
    send: handled,
    consumed: handled,
    close: handled,
    'peer-dead': handled,
    'timer-acknowledge': handled,
    'timer-retransmit': handled,
    'timer-retention': handled,
    'timer-drain': impossible(noTimer),
    'timer-close': impossible(noTimer),
  },
  closing: {
    open: impossible('one session at a time: end the present one first'),
    send: handled,
    consumed: handled,
    close: ignored('it is being closed'),
    'peer-dead': handled,
    'timer-acknowledge': handled,
    'timer-retransmit': handled,
    'timer-retention': handled,
    'timer-drain': handled,
    'timer-close': handled,
  },
  ended: {
    open: handled,
    send: handled,
    consumed: ignored('its credit went with the session'),
    close: ignored('it is over'),
    'peer-dead': ignored('it is over'),
    ...timersOff,
    ...linksIdle,
    ...frames(handled, {
      'frame-reset': ignored('both sides are over'),
      'frame-closed': ignored('both sides are over'),
    }),
  },
  'link-down': {
    'link-suspect': onlyCarrying,
    'link-failed': handled,
    'link-restored': handled,
    'link-blocked': blockedAtOnce,
    'link-writable': ignored('nothing waits for it'),
    'timer-link': impossible(noTimer),
    ...frames(linkNotUsed, { 'frame-probe': handled }),
  },
  'link-up': {
    'link-suspect': handled,
    'link-failed': handled,
    'link-restored': ignored('it is up'),
    'link-blocked': handled,
    'link-writable': handled,
    'timer-link': handled,
    ...frames(handled, { 'frame-probed': ignored('one of several answers to repeated probes') }),
  },
  'link-suspect': {
    'link-suspect': ignored('it is suspect already'),
    'link-failed': handled,
    'link-restored': handled,
    'link-blocked': handled,
    'link-writable': handled,
    'timer-link': impossible('a suspect link is not on its way to being steady'),
    ...frames(handled, { 'frame-probed': ignored('one of several answers to repeated probes') }),
  },
  'link-fenced': {
    'link-suspect': onlyCarrying,
    'link-failed': handled,
    'link-restored': handled,
    'link-blocked': blockedAtOnce,
    'link-writable': ignored('its records went to another link'),
    'timer-link': handled,
    ...frames(notAnswered, {
      'frame-fence': handled,
      'frame-fenced': handled,
      'frame-probe': handled,
      'frame-probed': notProbed,
      'frame-reset': handled,
    }),
  },
  'link-probing': {
    'link-suspect': onlyCarrying,
    'link-failed': handled,
    'link-restored': ignored('it is being probed'),
    'link-blocked': blockedAtOnce,
    'link-writable': ignored('its records went to another link'),
    'timer-link': handled,
    ...frames(handled, { 'frame-closed': impossible('CLOSE goes over live links only and is answered where it came') }),
  },
  'older-session': frames(ofOlderSession),
  'newer-session': frames(handled, {
    'frame-ack': answersOnly,
    'frame-fenced': answersOnly,
    'frame-probed': answersOnly,
    'frame-closed': answersOnly,
  }),
  'older-epoch': frames(olderEpoch),
  'newer-epoch': frames(aheadOnly, { 'frame-fence': handled }),
};
