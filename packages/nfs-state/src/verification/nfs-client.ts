import { type CellTable, handled, ignored, impossible, type Kernel } from '@holdfast/kernel';
import { without, withRange } from '../kernel/lock-ranges.ts';
import {
  endOfFile,
  type LockedRange,
  type LockType,
  type MinorVersion,
  type Operation,
  type Reply,
  type SessionId,
  type Stateid,
  type StateKey,
  type Status,
} from '../kernel/state-types.ts';
import { clientIds, fileId, headPart, type SentRequest } from './nfs-parts.ts';
import { plainEncoding } from './plain-states.ts';

/** What a client may ask for: bytes count from 0. */
export type Act =
  | { readonly kind: 'open' | 'reclaim' | 'downgrade'; readonly access: number; readonly deny: number }
  | { readonly kind: 'close' | 'renew' | 'leave' | 'return' | 'get-layout' | 'return-layout' | 'cut-off' }
  /** RECLAIM_COMPLETE; another session; the end of the one it has; a request whose number is one too high. */
  | { readonly kind: 'done' | 'new-session' | 'end-session' | 'skip' }
  | { readonly kind: 'lock'; readonly start: number; readonly end: number; readonly lockType: LockType }
  | { readonly kind: 'unlock'; readonly start: number; readonly end: number };

interface Outstanding {
  readonly request: SentRequest;
  readonly act: Act;
  /** To how many heads. */
  sent: number;
}

/** A client with one owner, that does what it was told and asks one thing at a time. */
export interface ClientState {
  issued: number;
  /** The head it asks. */
  home: number;
  out: Outstanding | null;
  /** Its next request arrives at a head that is slow, so that it asks the other one too. */
  slow: boolean;
  /** Requests that it may yet send to both heads. */
  spare: number;
  /** It said that it goes. */
  leaves: boolean;
  open: Stateid | null;
  lock: Stateid | null;
  delegation: NonNullable<Reply['delegation']> | null;
  layout: Stateid | null;
  /** It had one before, and asks for no other. */
  hadLayout: boolean;
  /** The last delegation or layout that it returned, and was told so. */
  returned: StateKey;
  /** It was told that nobody else has a layout. */
  alone: boolean;
  ownerSeqid: number;
  lockSeqid: number;
  /** NFSv4.1: its session and the last number of the slot. */
  session: SessionId | null;
  slotSeqid: number;
  /** The number of the next CREATE_SESSION. */
  sequence: number;
  /** It said that it reclaims nothing more. */
  isDone: boolean;
  /** The only head that it has asked for the session and since, as far as that head lives. */
  only: number | null;
  /** It kept to the rules of sessions, and was told otherwise; or a number was skipped at a head that knew all. */
  misjudged: string;
  /** It skipped a number, and was told so. */
  isCorrected: boolean;
  /** What it was granted and has not begun to give back. */
  access: number;
  deny: number;
  ranges: LockedRange[];
  /** Access that it was told is gone from the open it has. */
  without: number;
  /** The answer to a request that was sent twice, and whether another answer to it differed. */
  answered: { readonly call: number; readonly status: Status } | null;
  contradicted: boolean;
}

export type ClientEvent =
  | { readonly type: 'act'; readonly act: Act }
  | { readonly type: 'slow' }
  /** It asks the other head from here on. */
  | { readonly type: 'turn' }
  /** Send the outstanding request to the other head too. */
  | { readonly type: 'repeat' }
  /** A head died: the other one is asked from here on. */
  | { readonly type: 'head-lost'; readonly head: number }
  /** A head has not answered for too long: the other one is asked from here on. */
  | { readonly type: 'give-up' }
  /** The outstanding request was lost: it is sent again. */
  | { readonly type: 'again' }
  | { readonly type: 'answer'; readonly call: number; readonly reply: Reply };

export interface ClientEnv {
  readonly client: number;
  readonly minor: MinorVersion;
  /** The open it begins with. */
  readonly open: Stateid | null;
  /** Requests that it may send to both heads. */
  readonly repeats: number;
}

type Word =
  | { readonly type: 'request'; readonly request: SentRequest; readonly held: boolean }
  | { readonly type: 'forget'; readonly request: SentRequest };

const oneAtATime = impossible('it asks one thing at a time');
const table: CellTable = {
  idle: {
    act: handled,
    slow: handled,
    turn: handled,
    repeat: impossible('there is nothing to repeat'),
    'head-lost': handled,
    'give-up': handled,
    again: impossible('nothing was lost'),
    answer: ignored('it answers what was answered'),
  },
  waiting: {
    act: oneAtATime,
    slow: oneAtATime,
    turn: oneAtATime,
    repeat: handled,
    'head-lost': handled,
    'give-up': handled,
    again: handled,
    answer: handled,
  },
};

/** A session is made outside of any; that a file is cut off is the metadata server's to ask. */
const outsideSessions: ReadonlySet<Act['kind']> = new Set(['new-session', 'cut-off']);

const notCounted: readonly Status[] = ['STALE_CLIENTID', 'STALE_STATEID', 'BAD_STATEID', 'BAD_SEQID', 'RESOURCE'];

const rangeOf = ({ start, end }: { start: number; end: number }): { offset: bigint; length: bigint } => ({
  offset: BigInt(start),
  length: BigInt(end - start),
});

const whole = { offset: 0n, length: endOfFile - 1n };

function operationOf(state: ClientState, act: Act, { client, minor }: ClientEnv): Operation {
  const seqid = minor === 0 ? state.ownerSeqid + 1 : 0;
  const open = state.open!;
  const ofFile = { client: clientIds[client]!, file: fileId };
  switch (act.kind) {
    case 'open':
    case 'reclaim': {
      const { access, deny } = act;
      const asked = {
        type: 'open',
        client: clientIds[client]!,
        owner: 'o',
        seqid,
        file: fileId,
        access,
        deny,
      } as const;
      return act.kind === 'open' ? asked : { ...asked, claim: { type: 'previous', delegation: 'none' } };
    }
    case 'downgrade':
      return { type: 'open-downgrade', stateid: open, seqid, access: act.access, deny: act.deny };
    case 'close':
      return { type: 'close', stateid: open, seqid };
    case 'return':
      return { type: 'delegation-return', stateid: state.delegation!.stateid };
    case 'get-layout':
      return { type: 'layout-get', ...ofFile, stateid: open, mode: 'write', range: whole, minLength: 0n };
    case 'done':
      return { type: 'reclaim-complete', client: clientIds[client]! };
    case 'new-session': {
      const { sequence } = state;
      return { type: 'create-session', client: clientIds[client]!, sequence, principal: 'p', slots: 1 };
    }
    case 'end-session':
      return { type: 'destroy-session', session: state.session! };
    case 'skip':
      return { type: 'renew', client: clientIds[client]! };
    case 'return-layout':
      return { type: 'layout-return', ...ofFile, stateid: state.layout!, mode: 'any', range: whole };
    case 'cut-off':
      return { type: 'layout-recall', file: fileId, except: clientIds[client]! };
    case 'leave':
      return { type: 'destroy-clientid', client: clientIds[client]! };
    case 'renew':
      return { type: 'renew', client: clientIds[client]! };
    case 'lock': {
      const { lockType } = act;
      const [range, lockSeqid] = [rangeOf(act), minor === 0 ? state.lockSeqid + 1 : 0];
      return state.lock === null
        ? { type: 'lock-new', open, openSeqid: seqid, owner: 'l', lockSeqid, lockType, range }
        : { type: 'lock', stateid: state.lock, seqid: lockSeqid, lockType, range };
    }
    case 'unlock': {
      const lockSeqid = minor === 0 ? state.lockSeqid + 1 : 0;
      return { type: 'unlock', stateid: state.lock!, seqid: lockSeqid, range: rangeOf(act) };
    }
  }
}

/** With the request it gives back what it will not have any more, whatever the answer. */
function giveBack(state: ClientState, act: Act): void {
  switch (act.kind) {
    case 'close':
      Object.assign(state, { access: 0, deny: 0, ranges: [] });
      break;
    case 'return':
      state.delegation = null;
      break;
    case 'get-layout':
      state.hadLayout = true;
      break;
    case 'cut-off':
      state.alone = false;
      break;
    case 'leave':
      state.leaves = true;
      break;
    case 'downgrade':
      Object.assign(state, { access: state.access & act.access, deny: state.deny & act.deny });
      break;
    case 'lock':
    case 'unlock':
      state.ranges = without(state.ranges, { start: BigInt(act.start), end: BigInt(act.end) });
      break;
  }
}

function granted(state: ClientState, { act, request }: Outstanding, reply: Reply): void {
  const { stateid, delegation, session } = reply;
  switch (act.kind) {
    case 'done':
      state.isDone = true;
      break;
    case 'new-session':
      state.sequence++;
      Object.assign(state, { session: session!, slotSeqid: 0 });
      break;
    case 'get-layout':
      state.layout = stateid!;
      break;
    case 'return-layout':
      state.returned = state.layout!.key;
      state.layout = null;
      break;
    case 'cut-off':
      state.alone = true;
      break;
    case 'return':
      if (request.operation.type === 'delegation-return') state.returned = request.operation.stateid.key;
      break;
    case 'open':
    case 'reclaim':
      state.access |= act.access;
      state.deny |= act.deny;
      state.without &= ~act.access;
      state.open = stateid!;
      if (delegation !== undefined) state.delegation = delegation;
      break;
    case 'downgrade':
      state.without |= 3 & ~act.access;
      state.open = stateid!;
      break;
    case 'close':
      Object.assign(state, { open: null, lock: null, without: 0 });
      break;
    case 'lock':
      state.ranges = withRange(state.ranges, { start: BigInt(act.start), end: BigInt(act.end) }, act.lockType);
      state.lock = stateid!;
      break;
    case 'unlock':
      state.lock = stateid!;
      break;
  }
}

const ofOpenOwner: ReadonlySet<Operation['type']> = new Set(['open', 'open-downgrade', 'close', 'lock-new']);

function countTurn(state: ClientState, { request }: Outstanding, { status }: Reply): void {
  if (notCounted.includes(status)) return;
  const { type } = request.operation;
  if (type === 'lock' || type === 'unlock') state.lockSeqid++;
  else if (ofOpenOwner.has(type)) state.ownerSeqid++;
  if (type === 'lock-new' && status === 'OK') state.lockSeqid++;
}

const disorders: readonly Status[] = [
  'SEQ_MISORDERED',
  'SEQ_FALSE_RETRY',
  'RETRY_UNCACHED_REP',
  'BADSLOT',
  'BADSESSION',
];

function countSlot(state: ClientState, { act, request }: Outstanding, { status }: Reply): void {
  const { slot } = request;
  if (slot === undefined) return;
  if (act.kind === 'skip') {
    if (status === 'SEQ_MISORDERED') {
      state.isCorrected = true;
      return;
    }
    if (state.only !== null) state.misjudged = 'a number was skipped at the head that knew all';
  } else if (act.kind !== 'end-session' && disorders.includes(status)) {
    state.misjudged = `a session in order was told ${status}`;
  }
  state.slotSeqid = slot.seqid;
}

/** Everything it had is gone: the answer says so. */
const isLost = ({ status }: Pick<Reply, 'status'>): boolean =>
  status === 'STALE_CLIENTID' || status === 'EXPIRED' || status === 'BAD_STATEID' || status === 'BADSESSION';

/** It hears of a recall by being told that its stateid is older; what was taken is gone. */
const afterRecall = ({ key, seqid }: Stateid, { status }: Reply): Stateid | null =>
  status === 'OLD_STATEID' ? { key, seqid: seqid + 1 } : null;

function answer(state: ClientState, { call, reply }: Extract<ClientEvent, { type: 'answer' }>): void {
  const { out, answered } = state;
  if (out?.request.call !== call) {
    const isRepeated = answered?.call === call && state.issued === call;
    const isOther = isRepeated && answered.status !== reply.status;
    // What was returned may be gone by the time the other head looks, whichever answer arrives first.
    if (isOther && !isLost(reply) && !isLost(answered)) state.contradicted = true;
    return;
  }
  state.out = null;
  // What is asked of layouts leaves no answer: it may be another one the next time.
  const isKept = out.sent > 1 && out.act.kind !== 'cut-off' && out.act.kind !== 'skip';
  state.answered = isKept ? { call, status: reply.status } : null;
  countTurn(state, out, reply);
  countSlot(state, out, reply);
  // The session may be gone already with an answer that was lost.
  if (out.act.kind === 'end-session') state.session = null;
  if (reply.status === 'OK') granted(state, out, reply);
  else if (out.act.kind === 'return-layout') state.layout = afterRecall(state.layout!, reply);
  else if (out.act.kind !== 'return' && out.act.kind !== 'end-session' && isLost(reply)) {
    Object.assign(state, { access: 0, deny: 0, ranges: [], open: null, lock: null, delegation: null });
  }
}

export const nfsClient: Kernel<ClientState, ClientEvent, ClientEnv, Word> = {
  name: 'nfs-client',
  table,
  initial: ({ client, minor, open, repeats }) => ({
    issued: 0,
    home: client,
    out: null,
    slow: false,
    spare: repeats,
    leaves: false,
    open,
    lock: null,
    delegation: null,
    layout: null,
    hadLayout: false,
    returned: '',
    alone: false,
    ownerSeqid: 0,
    lockSeqid: 0,
    session: minor === 0 ? null : `s${clientIds[client]!}`,
    slotSeqid: 0,
    sequence: 2,
    isDone: false,
    only: minor === 0 ? null : client,
    misjudged: '',
    isCorrected: false,
    access: open === null ? 0 : 3,
    deny: 0,
    ranges: [],
    without: 0,
    answered: null,
    contradicted: false,
  }),
  row: ({ out }) => (out === null ? 'idle' : 'waiting'),
  column: ({ type }) => type,
  step(state, event, env, out) {
    const send = (to: number, held = false): void =>
      out.send(headPart(to), { type: 'request', request: state.out!.request, held });
    const repeat = (): void => {
      state.out!.sent++;
      state.only = null;
      send(1 - state.home);
    };
    switch (event.type) {
      case 'act': {
        const { client } = env;
        const operation = operationOf(state, event.act, env);
        const call = ++state.issued;
        const { session, slotSeqid } = state;
        const seqid = slotSeqid + (event.act.kind === 'skip' ? 2 : 1);
        const isInSession = session !== null && !outsideSessions.has(event.act.kind);
        const slot = isInSession ? { session, slot: 0, seqid, digest: `${call}` } : undefined;
        const request = { client, call, operation, ...(slot && { slot }) };
        giveBack(state, event.act);
        state.out = { request, act: event.act, sent: 1 };
        if (event.act.kind === 'new-session') state.only = state.home;
        state.answered = null;
        send(state.home, state.slow);
        if (state.slow) repeat();
        state.slow = false;
        break;
      }
      case 'turn':
        state.home = 1 - state.home;
        state.only = null;
        break;
      case 'slow':
        state.slow = true;
        state.spare--;
        break;
      case 'repeat':
        state.spare--;
        repeat();
        break;
      case 'again':
        send(state.home);
        break;
      case 'give-up':
        if (state.out !== null) out.send(headPart(state.home), { type: 'forget', request: state.out.request });
        state.home = 1 - state.home;
        state.only = null;
        break;
      case 'head-lost':
        state.home = 1 - event.head;
        if (state.only === event.head || state.out !== null) state.only = null;
        break;
      case 'answer':
        answer(state, event);
        break;
    }
  },
  ...plainEncoding<ClientState>(),
};
