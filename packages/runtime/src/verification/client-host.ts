import { type Cell, type CellTable, handled, impossible, type Kernel, refuseImpossible } from '@holdfast/kernel';
import type { ClientNeed, ConnectionEvent, ConnectionNotice, PortGrant } from '../kernel/connection-types.ts';
import type { SessionEnd } from '../kernel/session-types.ts';

/** What a connection kernel has above it, in small: the clients' needs, the ports, and the session while it lives. */

export interface HostEnv {
  readonly needs: readonly ClientNeed[];
  /** Clients that get no ports here. */
  readonly refused: readonly number[];
  /** Answer questions in the same step; else whenever told to. */
  readonly prompt: boolean;
  /** The end of a session that was told to end is reported later, not in the same step. */
  readonly reportsLate: boolean;
}

export type HostEvent =
  | { readonly type: 'notice'; readonly notice: ConnectionNotice }
  | { readonly type: 'answer' }
  /** There is no memory for any port. */
  | { readonly type: 'refuse' }
  // What the session says; after its end only what was on its way before.
  | { readonly type: 'retain' }
  | { readonly type: 'resume' }
  /** The session closes in order: the peer asked for it, or its sequence numbers are used up. */
  | { readonly type: 'close' }
  /** The session ends by itself; `report` tells the connection. */
  | { readonly type: 'end' }
  | { readonly type: 'report' };

type Session = 'none' | 'open' | 'retained' | 'closing' | 'over';
type Question = 'none' | 'needs' | 'ports' | 'destroy';

export interface HostState {
  asked: Question;
  /** Names the port memory to the peer; another number for every set of ports. 0: there is none. */
  handle: number;
  session: Session;
  end: SessionEnd;
  /** Clients of the agreement being carried out. */
  plan: readonly ClientNeed[];
}

const sessions: readonly Session[] = ['none', 'open', 'retained', 'closing', 'over'];
const questions: readonly Question[] = ['none', 'needs', 'ports', 'destroy'];
const ends: readonly SessionEnd[] = [
  'closed',
  'drain-expired',
  'links-lost',
  'peer-dead',
  'peer-restarted',
  'peer-reset',
];

const notNow = impossible('calls are made only where they make sense');

const row = (cells: Partial<Record<HostEvent['type'], Cell>>): Record<string, Cell> => ({
  notice: handled,
  answer: notNow,
  refuse: notNow,
  retain: notNow,
  resume: notNow,
  close: notNow,
  end: notNow,
  report: notNow,
  ...cells,
});

const table: CellTable = {
  none: row({ answer: handled, refuse: handled }),
  open: row({ retain: handled, close: handled, end: handled }),
  retained: row({ resume: handled, close: handled, end: handled }),
  closing: row({ retain: handled, resume: handled, end: handled }),
  over: row({ retain: handled, resume: handled, close: handled, report: handled }),
};

/** Tells the one-sided layer of this member which port memory there is: `send(0, handle)`. */
export const clientHost: Kernel<HostState, HostEvent, HostEnv, number, never, ConnectionEvent> = {
  name: 'client-host',
  table,
  initial: () => ({ asked: 'none', handle: 0, session: 'none', end: 'closed', plan: [] }),
  row: (state) => state.session,
  column: (event) => event.type,
  step(state, event, env, out) {
    const cell = refuseImpossible('client-host', table, state.session, event.type);
    if (cell.class === 'ignored') return;
    const tell = (said: ConnectionEvent): void => out.deliver(said);
    const ask = (question: Question): void => {
      state.asked = question;
      if (env.prompt) answer();
    };
    const answer = (): void => {
      if (state.asked === 'needs') tell({ type: 'needs-collected', needs: env.needs });
      else if (state.asked === 'ports') {
        out.send(0, state.handle);
        tell({ type: 'ports-created', grants: grantsOf(state, env) });
      } else if (state.asked === 'destroy') {
        state.handle = 0;
        out.send(0, 0);
        tell({ type: 'ports-destroyed' });
      }
      state.asked = 'none';
    };
    const report = (end: SessionEnd): void => {
      state.session = 'none';
      tell({ type: 'session-ended', end });
    };
    switch (event.type) {
      case 'notice':
        switch (event.notice.type) {
          case 'collect-needs':
            ask('needs');
            break;
          case 'create-ports':
            state.handle = event.notice.agreement.self;
            state.plan = event.notice.agreement.plan;
            ask('ports');
            break;
          case 'destroy-ports':
            ask('destroy');
            break;
          case 'ready':
            state.session = 'open';
            break;
          case 'close-session':
            if (state.session === 'over') break;
            state.session = 'closing';
            tell({ type: 'session-closing' });
            break;
          case 'end-session':
            if (state.session !== 'over') state.end = event.notice.end;
            else if (!env.reportsLate) tell({ type: 'session-ended', end: state.end });
            if (!env.reportsLate) report(state.end);
            else state.session = 'over';
            break;
          default:
            break;
        }
        break;
      case 'answer':
        answer();
        break;
      case 'refuse':
        state.asked = 'none';
        state.handle = 0;
        tell({ type: 'ports-failed' });
        break;
      case 'retain':
        if (state.session === 'open') state.session = 'retained';
        tell({ type: 'session-retained' });
        break;
      case 'resume':
        if (state.session === 'retained') state.session = 'open';
        tell({ type: 'session-resumed' });
        break;
      case 'close':
        if (state.session !== 'over') state.session = 'closing';
        tell({ type: 'session-closing' });
        break;
      case 'end':
        state.end = state.session === 'closing' ? 'closed' : 'links-lost';
        state.session = 'over';
        break;
      case 'report':
        report(state.end);
        break;
    }
  },
  encode(state, into) {
    into.uint(questions.indexOf(state.asked));
    into.uint(state.handle);
    into.uint(sessions.indexOf(state.session));
    into.uint(ends.indexOf(state.end));
    into.list(state.plan, (need, to) => {
      to.uint(need.client);
      to.uint(need.ports);
      to.uint(need.bytesPerPort);
    });
  },
  decode: (from) => ({
    asked: questions[from.uint()]!,
    handle: from.uint(),
    session: sessions[from.uint()]!,
    end: ends[from.uint()]!,
    plan: from.list((each) => ({ client: each.uint(), ports: each.uint(), bytesPerPort: each.uint() })),
  }),
};

function grantsOf(state: HostState, env: HostEnv): PortGrant[] {
  return state.plan
    .filter(({ client }) => !env.refused.includes(client))
    .map((need) => ({ ...need, handle: state.handle }));
}
