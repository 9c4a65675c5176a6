import { type Kernel, refuseImpossible } from '@holdfast/kernel';
import type { DataEvent } from './data-state.ts';
import type { MjEntry, Peer } from './journal.ts';
import {
  isProxyId,
  type MemberSink,
  type ProxyRequest,
  type ProxyResult,
  type ToMember,
  type ToProxy,
} from './proxy-messages.ts';
import {
  admit,
  answered,
  called,
  journaledHere,
  objectRemoved,
  readAsked,
  restore,
  restoreCame,
  serveReads,
} from './resync-blocks.ts';
import { parityBlank, parityFresh, stepData } from './resync-data.ts';
import { answeredDeputy, dismiss, hearInPlace, isDeputyRequest, writeFor } from './resync-deputies.ts';
import { greet, linkChanged, viewChanged, welcomed } from './resync-partners.ts';
import { recover } from './resync-recovery.ts';
import {
  decodeResync,
  encodeResync,
  initialResync,
  isStaleHere,
  type PartnerStatus,
  partnerOf,
  type ResyncEnv,
  type ResyncEvent,
  type ResyncState,
} from './resync-state.ts';
import { resyncTable } from './resync-table.ts';

const name = 'resync';

const isInner = (event: ResyncEvent): event is Extract<DataEvent, { type: 'combined' | 'journaled' }> =>
  (event.type === 'journaled' && !isProxyId(entryNumber(event.entry))) || ('id' in event && !isProxyId(event.id));

const entryNumber = (entry: Extract<ResyncEvent, { type: 'journaled' }>['entry']): number => {
  if (entry.type === 'mj') return entry.mj;
  return entry.type === 'pj' ? entry.pj : entry.id;
};

function row(state: ResyncState, event: ResyncEvent, env: ResyncEnv): string {
  if ('id' in event && isDeputyRequest(state, event.id)) return 'deputy';
  if (isInner(event)) return 'data IOM';
  switch (event.type) {
    case 'message':
      return rowOfSender(partnerOf(state, event.from, env).status, event.message.type);
    case 'view':
    case 'space':
    case 'blank':
    case 'removed':
    case 'peer':
    case 'recovered':
    case 'write':
    case 'write_for':
      return state.data.recovering ? 'recovering' : 'serving';
    case 'journaled':
      if (event.entry.type !== 'restored') return 'mark';
      return state.restoring.find(({ id }) => id === entryNumber(event.entry))?.stage ?? 'over';
    case 'difference':
      return state.reads.some(({ id }) => id === event.id) ? 'read' : 'over';
    default:
      return state.restoring.find(({ id }) => id === event.id)?.stage ?? 'over';
  }
}

/** Who is no partner is not heard, whatever else it is, but for its welcome. */
function rowOfSender(status: PartnerStatus, message: ToMember['type']): string {
  const isHeard =
    status === 'partner' || message === 'welcome' || (status === 'replaced' && message === 'restore_value');
  return isHeard ? status : 'fenced';
}

const ownMessages = new Set(['welcome', 'member_read', 'restore_value', 'parity_fresh', 'in_place']);

function column(event: ResyncEvent): string {
  if (isInner(event)) return 'storage';
  switch (event.type) {
    case 'message':
      return ownMessages.has(event.message.type) ? event.message.type : 'write message';
    case 'peer':
      return event.up ? 'peer up' : 'peer down';
    default:
      return event.type;
  }
}

function step(state: ResyncState, event: ResyncEvent, env: ResyncEnv, out: MemberSink): void {
  const cell = refuseImpossible(name, resyncTable, row(state, event, env), column(event));
  if (cell.class === 'ignored') return;
  switch (event.type) {
    case 'view':
      viewChanged(state, event, env, out);
      break;
    case 'space':
      break;
    case 'removed':
      objectRemoved(state, event.gfid);
      break;
    case 'blank':
      parityBlank(state, event, env, out);
      break;
    case 'peer':
      linkChanged(state, event.peer, event.up, env, out);
      break;
    case 'recovered':
      recover(state, event.blocks, event.entries, env, out);
      break;
    case 'message':
      hear(state, event.from, event.message, env, out);
      break;
    case 'write':
      called(state, event, out);
      break;
    case 'write_for':
      writeFor(state, event.of, event.call, env, out);
      break;
    default:
      if ('id' in event && event.type !== 'summed' && isDeputyRequest(state, event.id))
        answeredDeputy(state, event, env, out);
      else if (isInner(event)) stepData(state, event, env, out);
      else if (event.type === 'journaled') journaledHere(state, event.entry, env, out);
      else answered(state, event, env, out);
  }
  greet(state, env, out);
  dismiss(state, env, out);
  restore(state, env, out);
  admit(state, env, out);
  serveReads(state, env, out);
}

function hear(state: ResyncState, from: Peer, message: ToMember, env: ResyncEnv, out: MemberSink): void {
  switch (message.type) {
    case 'welcome':
      if (message.epoch >= partnerOf(state, from, env).greeting) welcomed(state, from, message.stale, env, out);
      break;
    case 'member_read':
      readAsked(state, from, message);
      break;
    case 'restore_value':
      restoreCame(state, from, message, env, out);
      break;
    case 'parity_fresh':
      parityFresh(state, from, message, out);
      break;
    case 'in_place':
      hearInPlace(state, from, message.of, message.message, env, out);
      break;
    case 'resolved': {
      const open = message.open.map((each) => ({ ...each, away: isAway(state, each.mj) }));
      stepData(state, { type: 'message', from, message: { type: 'resolved', open } }, env, out);
      break;
    }
    default:
      stepData(state, { type: 'message', from, message }, env, out);
  }
}

/** Of a block that is to be made again, in a group with two parities, these decide about an update between them. */
const isAway = (state: ResyncState, mj: MjEntry): boolean => mj.second !== undefined && isStaleHere(state, mj);

/**
 * The data IOM that also comes back (seed 001; research: raid 5.3, 5.4): it hears which of its blocks changed while it was
 * away, has them restored from their groups while it serves the rest, and goes on without parity, keeping a record of
 * that, while the parity IOM of a group is away. The journaled write runs inside it, unchanged. See docs/raid.md.
 */
export const resyncIom: Kernel<ResyncState, ResyncEvent, ResyncEnv, ToProxy, ProxyResult, ProxyRequest> = {
  name,
  table: resyncTable,
  initial: initialResync,
  row,
  column,
  step,
  encode: encodeResync,
  decode: decodeResync,
};
