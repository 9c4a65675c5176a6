import { type Kernel, refuseImpossible } from '@holdfast/kernel';
import type { ParityEvent } from './parity-state.ts';
import {
  advance,
  answered,
  journaledMove,
  memberBlank,
  objectRemoved,
  parityDoubtful,
  proposed,
} from './proxy-groups.ts';
import { heard, linkChanged, settleMembers, viewChanged } from './proxy-members.ts';
import { isProxyId, type ProxyRequest, type ProxyResult, type ProxySink, type ToMember } from './proxy-messages.ts';
import { sayOpenInPlace, stepParity, tell } from './proxy-parity.ts';
import { recover } from './proxy-recovery.ts';
import {
  decodeProxy,
  encodeProxy,
  initialProxy,
  type MemberStatus,
  memberOf,
  type ProxyEnv,
  type ProxyEvent,
  type ProxyState,
} from './proxy-state.ts';
import { proxyTable } from './proxy-table.ts';

const name = 'proxy';

const isInner = (event: ProxyEvent): event is Extract<ParityEvent, { type: 'combined' | 'journaled' }> =>
  (event.type === 'journaled' && !isProxyId(entryNumber(event.entry))) || ('id' in event && !isProxyId(event.id));

const entryNumber = (entry: Extract<ProxyEvent, { type: 'journaled' }>['entry']): number => {
  if (entry.type === 'mj') return entry.mj;
  return entry.type === 'pj' ? entry.pj : entry.id;
};

function row(state: ProxyState, event: ProxyEvent, env: ProxyEnv): string {
  if (isInner(event)) return 'parity IOM';
  switch (event.type) {
    case 'message':
      return rowOfSender(memberOf(state, event.from, env).status, event.message.type, env);
    case 'view':
    case 'space':
    case 'blank':
    case 'removed':
    case 'doubtful':
    case 'peer':
    case 'recovered':
    case 'read':
    case 'write':
      return state.parity.recovering ? 'recovering' : 'serving';
    case 'journaled':
      if (event.entry.type === 'marked' || event.entry.type === 'unmarked') return 'mark';
      return state.operations.find(({ id }) => id === entryNumber(event.entry))?.stage ?? 'over';
    default:
      return state.operations.find(({ id }) => id === event.id)?.stage ?? 'over';
  }
}

/** Who is no member is not heard, whatever else it is, but for its hello. */
function rowOfSender(status: MemberStatus, message: string, { proxyRules }: ProxyEnv): string {
  if (!proxyRules.fences() || status === 'member') return 'member';
  return message === 'hello' ? status : 'fenced';
}

function column(event: ProxyEvent): string {
  if (isInner(event)) return 'storage';
  switch (event.type) {
    case 'message':
      switch (event.message.type) {
        case 'hello':
        case 'restore':
        case 'restored':
        case 'member_value':
        case 'in_place':
        case 'over':
        case 'astray':
          return event.message.type;
        default:
          return 'write message';
      }
    case 'peer':
      return event.up ? 'peer up' : 'peer down';
    default:
      return event.type;
  }
}

function step(state: ProxyState, event: ProxyEvent, env: ProxyEnv, out: ProxySink): void {
  const cell = refuseImpossible(name, proxyTable, row(state, event, env), column(event));
  if (cell.class === 'ignored') return;
  switch (event.type) {
    case 'view':
      viewChanged(state, event, env, out);
      break;
    case 'space':
      break;
    case 'doubtful':
      parityDoubtful(state, event, env);
      break;
    case 'removed':
      objectRemoved(state, event.gfid, out);
      break;
    case 'blank':
      memberBlank(state, event.blocks, env, out);
      break;
    case 'peer':
      linkChanged(state, event.peer, event.up, env, out);
      break;
    case 'recovered':
      recover(state, event.blocks, event.entries, env, out);
      break;
    case 'message':
      heard(state, event.from, event.message, env, out);
      break;
    case 'read':
    case 'write':
      proposed(state, event, env, out);
      break;
    default:
      if (isInner(event)) stepParity(state, event, env, out);
      else if (event.type === 'journaled') journaledMove(state, event.entry, env, out);
      else answered(state, event, env, out);
  }
  settleMembers(state, env, out);
  advance(state, env, out);
  tell(state, env, out);
  sayOpenInPlace(state, env, out);
}

/**
 * The parity IOM that also stands in for data IOMs that are stopped (seed 001; research: raid 5.2, 5.3): it reads their
 * blocks as the others of the group and parity say them, writes them into parity alone and marks them, and, when they
 * are back, says what is stale and what it is. The journaled write runs inside it, unchanged. See docs/raid.md.
 */
export const proxyIom: Kernel<ProxyState, ProxyEvent, ProxyEnv, ToMember, ProxyResult, ProxyRequest> = {
  name,
  table: proxyTable,
  initial: initialProxy,
  row,
  column,
  step,
  encode: encodeProxy,
  decode: decodeProxy,
};
