import { type CellTable, handled, ignored, type Kernel, refuseImpossible } from '@holdfast/kernel';
import type { ClientNeed, ConnectionEvent, ConnectionNotice } from '../kernel/connection-types.ts';
import type { SessionEvent, SessionNotice } from '../kernel/session-types.ts';
import type { LinkEndsEvent } from './link-ends.ts';
import type { RegionEvent } from './one-sided.ts';

/**
 * What joins a connection kernel and a session kernel in one member, as the worker host does: the connection opens
 * and ends sessions, the session tells the connection how it fares.
 */

export type MemberHostEvent =
  | { readonly type: 'connection-says'; readonly notice: ConnectionNotice }
  | { readonly type: 'session-says'; readonly notice: SessionNotice };

export interface MemberHostState {
  live: boolean;
  /** Names the port memory of the present session to the peer; 0 while there is none. */
  handle: number;
}

/** Which part of the member an event goes to, in the order of the stack. */
export const linkEndsPart = 0;
export const liveSessionPart = 1;
export const oneSidedPart = 2;
export const liveConnectionPart = 3;
export const memberHostPart = 4;

export type PartEvent = LinkEndsEvent | SessionEvent | RegionEvent | ConnectionEvent;

const needs: readonly ClientNeed[] = [{ client: 1, ports: 1, bytesPerPort: 64 }];

const table: CellTable = {
  over: {
    'connection-says': handled,
    'session-says': ignored('after its end a session only gives back what it kept'),
  },
  live: {
    'connection-says': handled,
    'session-says': handled,
  },
};

/** `send(part, event)` goes to that part of the same member. */
export const memberHost: Kernel<MemberHostState, MemberHostEvent, undefined, PartEvent, never, never> = {
  name: 'member-host',
  table,
  initial: () => ({ live: false, handle: 0 }),
  row: (state) => (state.live ? 'live' : 'over'),
  column: (event) => event.type,
  step(state, event, env, out) {
    const cell = refuseImpossible('member-host', table, memberHost.row(state, event, env), event.type);
    if (cell.class === 'ignored') return;
    const tell = (part: number, said: PartEvent): void => out.send(part, said);
    if (event.type === 'session-says') sessionSays(state, event.notice, tell);
    else connectionSays(state, event.notice, tell);
  },
  encode(state, into) {
    into.flag(state.live);
    into.uint(state.handle);
  },
  decode: (from) => ({ live: from.flag(), handle: from.uint() }),
};

type Tell = (part: number, event: PartEvent) => void;

function connectionSays(state: MemberHostState, notice: ConnectionNotice, tell: Tell): void {
  switch (notice.type) {
    case 'publish':
      tell(oneSidedPart, notice);
      // A side that rests is told to open again at once: closing is never the end of a run.
      if (notice.page.endpoint === 0) tell(liveConnectionPart, { type: 'connect', endpoint: 0 });
      break;
    case 'collect-needs':
      tell(liveConnectionPart, { type: 'needs-collected', needs });
      break;
    case 'create-ports': {
      const { self, plan } = notice.agreement;
      state.handle = self;
      tell(oneSidedPart, { type: 'ports', handle: self });
      tell(liveConnectionPart, { type: 'ports-created', grants: plan.map((need) => ({ ...need, handle: self })) });
      break;
    }
    case 'destroy-ports':
      state.handle = 0;
      tell(oneSidedPart, { type: 'ports', handle: 0 });
      tell(liveConnectionPart, { type: 'ports-destroyed' });
      break;
    case 'ready': {
      const { self, peer, links } = notice.agreement;
      state.live = true;
      tell(liveSessionPart, { type: 'open', self, peer, links });
      break;
    }
    case 'close-session':
      tell(liveSessionPart, { type: 'close' });
      break;
    case 'end-session':
      if (state.live) tell(liveSessionPart, { type: 'peer-dead' });
      else tell(liveConnectionPart, { type: 'session-ended', end: notice.end });
      break;
    default:
      break;
  }
}

function sessionSays(state: MemberHostState, notice: SessionNotice, tell: Tell): void {
  switch (notice.type) {
    case 'record':
      tell(liveSessionPart, { type: 'consumed', trafficClass: notice.trafficClass, records: 1 });
      break;
    case 'link':
      if (notice.state === 'fenced') tell(linkEndsPart, { type: 'reset', link: notice.link });
      break;
    case 'retained':
      tell(liveConnectionPart, { type: 'session-retained' });
      break;
    case 'resumed':
      tell(liveConnectionPart, { type: 'session-resumed' });
      break;
    case 'closing':
      tell(liveConnectionPart, { type: 'session-closing' });
      break;
    case 'ended':
      state.live = false;
      tell(liveConnectionPart, { type: 'session-ended', end: notice.end });
      break;
    default:
      break;
  }
}
