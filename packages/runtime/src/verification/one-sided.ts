import { type CellTable, handled, ignored, impossible, type Kernel, refuseImpossible } from '@holdfast/kernel';
import { decodeCell, decodePage, encodeCell, encodePage } from '../kernel/connection-state.ts';
import type { ConnectionEvent, InboxCell, OneSided, StatusPage } from '../kernel/connection-types.ts';

/**
 * One-sided reads and writes over a network: every member keeps a page, an inbox cell and ports that its peer reads
 * and writes through requests, which this layer answers without asking the program above. An operation whose request
 * or answer is lost fails, and may have taken effect all the same. Operations take effect in the order they were begun.
 */

/** Who asks, and for which operation: an answer to another life or another operation is stale. */
interface Question {
  readonly incarnation: number;
  readonly number: number;
}

export type RegionMessage =
  | { readonly type: 'get'; readonly question: Question }
  | { readonly type: 'put'; readonly question: Question; readonly cell: InboxCell }
  | { readonly type: 'try'; readonly question: Question; readonly handles: readonly number[] }
  | { readonly type: 'page'; readonly question: Question; readonly page: StatusPage }
  | { readonly type: 'yes'; readonly question: Question }
  | { readonly type: 'no'; readonly question: Question };

export type RegionEvent =
  | { readonly type: 'operate'; readonly operation: OneSided }
  | { readonly type: 'publish'; readonly page: StatusPage }
  /** The memory behind this member's ports; 0 for none. */
  | { readonly type: 'ports'; readonly handle: number }
  | { readonly type: 'request'; readonly message: RegionMessage }
  | { readonly type: 'answer'; readonly message: RegionMessage }
  /** The member looks at its inbox cell. Before, the peer may have written it more than once. */
  | { readonly type: 'look' }
  /** No answer came. */
  | { readonly type: 'timer' };

export interface RegionEnv {
  readonly incarnation: number;
  /** The member looks at its inbox only when told to, not as soon as it is written. */
  readonly looksLate: boolean;
  /** The port requests and answers travel on. */
  readonly port: number;
  /** How many operations apart an answer may come and still be told from the one waited for. */
  readonly numbers: number;
}

export interface RegionState {
  page: StatusPage | undefined;
  /** What the peer wrote and this member has not looked at. */
  news: InboxCell | undefined;
  handle: number;
  pending: OneSided['type'] | 'none';
  number: number;
}

const table: CellTable = {
  still: {
    operate: handled,
    publish: handled,
    ports: handled,
    request: handled,
    look: handled,
    answer: ignored('it came too late: the operation has failed'),
    timer: impossible('no operation is under way'),
  },
  asking: {
    operate: impossible('one operation at a time'),
    publish: handled,
    ports: impossible('ports come and go while nothing is under way'),
    request: handled,
    look: handled,
    answer: handled,
    timer: handled,
  },
};

const pendings = ['none', 'read', 'write', 'check'] as const;

export const oneSided: Kernel<RegionState, RegionEvent, RegionEnv, RegionMessage, never, ConnectionEvent> = {
  name: 'one-sided',
  table,
  initial: () => ({ page: undefined, news: undefined, handle: 0, pending: 'none', number: 0 }),
  row: (state, event, { incarnation }) => {
    if (state.pending === 'none') return 'still';
    return event.type === 'answer' && !isAnswer(state, event.message, incarnation) ? 'still' : 'asking';
  },
  column: (event) => event.type,
  step(state, event, env, out) {
    const cell = refuseImpossible('one-sided', table, oneSided.row(state, event, env), event.type);
    if (cell.class === 'ignored') return;
    switch (event.type) {
      case 'operate':
        state.number = (state.number + 1) % env.numbers;
        state.pending = event.operation.type;
        out.send(env.port, requestFor(event.operation, { incarnation: env.incarnation, number: state.number }));
        out.setTimer(0, 10);
        break;
      case 'publish':
        state.page = event.page;
        break;
      case 'ports':
        state.handle = event.handle;
        break;
      case 'request':
        out.send(env.port, answerTo(state, event.message));
        if (event.message.type === 'put') {
          if (env.looksLate) state.news = event.message.cell;
          else out.deliver({ type: 'inbox', cell: event.message.cell });
        }
        break;
      case 'look':
        if (state.news !== undefined) out.deliver({ type: 'inbox', cell: state.news });
        state.news = undefined;
        break;
      case 'answer':
        out.cancelTimer(0);
        out.deliver(completion(state.pending, event.message));
        state.pending = 'none';
        break;
      case 'timer':
        out.cancelTimer(0);
        out.deliver(completion(state.pending, undefined));
        state.pending = 'none';
        break;
    }
  },
  encode(state, into) {
    into.flag(state.page !== undefined);
    if (state.page !== undefined) encodePage(state.page, into);
    into.flag(state.news !== undefined);
    if (state.news !== undefined) encodeCell(state.news, into);
    into.uint(state.handle);
    into.uint(pendings.indexOf(state.pending));
    into.uint(state.number);
  },
  decode: (from) => ({
    page: from.flag() ? decodePage(from) : undefined,
    news: from.flag() ? decodeCell(from) : undefined,
    handle: from.uint(),
    pending: pendings[from.uint()]!,
    number: from.uint(),
  }),
};

const isAnswer = (state: RegionState, { question }: RegionMessage, incarnation: number): boolean =>
  question.incarnation === incarnation && question.number === state.number;

function requestFor(operation: OneSided, question: Question): RegionMessage {
  switch (operation.type) {
    case 'read':
      return { type: 'get', question };
    case 'write':
      return { type: 'put', question, cell: operation.cell };
    case 'check':
      return { type: 'try', question, handles: operation.grants.map(({ handle }) => handle) };
  }
}

function answerTo({ page, handle }: RegionState, message: RegionMessage): RegionMessage {
  const { question } = message;
  switch (message.type) {
    case 'get':
      return page === undefined ? { type: 'no', question } : { type: 'page', question, page };
    case 'try':
      return { type: message.handles.every((each) => each === handle) ? 'yes' : 'no', question };
    default:
      return { type: 'yes', question };
  }
}

/** The event that ends an operation: with its answer, or without one. */
function completion(pending: RegionState['pending'], answer: RegionMessage | undefined): ConnectionEvent {
  if (answer?.type === 'page') return { type: 'read-done', page: answer.page };
  const done = answer?.type === 'yes';
  if (pending === 'read') return { type: 'read-failed' };
  if (pending === 'write') return { type: done ? 'write-done' : 'write-failed' };
  return { type: done ? 'check-done' : 'check-failed' };
}

export const isRequest = ({ type }: RegionMessage): boolean => type === 'get' || type === 'put' || type === 'try';
