import { type CellTable, handled, type Kernel } from '@holdfast/kernel';
import { anything, nobody } from '../kernel/log-types.ts';
import type { NfsState } from '../kernel/state-types.ts';
import type { HeadRules } from './head-rules.ts';
import { headPart, headsCount, type ProposedRecord } from './nfs-parts.ts';
import { images, plainEncoding } from './plain-states.ts';

/**
 * The durable log as heads see it: what is appended is durable at once, is refused if a record that its head has not applied
 * touched a key it compares, and reaches every head in order, some time.
 */
export interface LogState {
  /** The state after the last record. */
  image: number;
  /** Records that not every head has applied. */
  tail: ProposedRecord[];
  /** How many of them each head has applied. */
  readonly at: number[];
  /** Heads that are served, and not known to be dead. */
  readonly members: boolean[];
  /** The head that hears nothing and is heard by nobody but clients, or {@link nobody}; and how many were before. */
  cut: number;
  cuts: number;
  /** Heads that wait until all have applied the first `end` records: authors of records, and those that asked. */
  waits: Wait[];
  /** The last request of each client that was appended, as its call; and one that was appended twice. */
  readonly appended: Record<string, number>;
  twice: string;
  /** A record that reclaimed something after the grace period, or got something new in it. */
  untimely: string;
}

interface Wait {
  readonly head: number;
  readonly token: string;
  readonly end: number;
  readonly asked: boolean;
}

export type LogEvent =
  | {
      readonly type: 'append';
      readonly record: ProposedRecord;
      readonly compares: readonly string[];
      /** Of a client's request: whose, and which. */
      readonly call?: { readonly client: number; readonly call: number };
    }
  /** Tell the head once all there is now, and what else it has applied by then, is applied everywhere. */
  | { readonly type: 'ask'; readonly head: number; readonly token: string }
  | { readonly type: 'deliver'; readonly head: number }
  | { readonly type: 'fence'; readonly head: number }
  | { readonly type: 'join'; readonly head: number }
  | { readonly type: 'cut'; readonly head: number }
  /** Nobody waits any more for the head that is cut off. */
  | { readonly type: 'go-on' }
  /** It is heard again. */
  | { readonly type: 'rejoin' };

export type LogWord =
  | { readonly type: 'record'; readonly record: ProposedRecord }
  /** Plan again after that many records. */
  | { readonly type: 'refused'; readonly token: string; readonly behind: number }
  | { readonly type: 'told'; readonly token: string }
  | { readonly type: 'settled'; readonly token: string }
  | { readonly type: 'welcome'; readonly image: number; readonly heads: readonly number[] }
  | { readonly type: 'view'; readonly heads: readonly number[] }
  /** To a head that was cut off: what it did not hear, and its own proposals that are in the log and unanswered. */
  | {
      readonly type: 'missed';
      readonly records: readonly ProposedRecord[];
      readonly accepted: readonly string[];
      readonly heads: readonly number[];
    };

export interface LogEnv {
  initial(): NfsState;
  readonly rules: HeadRules;
}

const table: CellTable = {
  log: {
    append: handled,
    ask: handled,
    deliver: handled,
    fence: handled,
    join: handled,
    cut: handled,
    'go-on': handled,
    rejoin: handled,
  },
};

type Say = (head: number, word: LogWord) => void;

function append(
  state: LogState,
  { record: proposed, compares, call }: Extract<LogEvent, { type: 'append' }>,
  { rules }: LogEnv,
  say: Say,
): void {
  const isCompared = (key: string): boolean => compares.includes(key) || compares.includes(anything);
  // What was granted because somebody lost a right is answered once every head knows of the loss.
  const restsOn = state.tail
    .slice(appliedEverywhere(state))
    .filter(({ takesAway, touches }) => takesAway && touches.some((key) => compares.includes(key)));
  const record = { ...proposed, takesAway: proposed.takesAway || rules.waitsFor(restsOn) };
  const unseen = state.tail.slice(rules.seen(state.at[record.head]!, state.tail.length));
  if (unseen.some(({ touches }) => touches.some(isCompared))) {
    say(record.head, { type: 'refused', token: record.token, behind: state.tail.length - state.at[record.head]! });
    return;
  }
  if (isUntimely(images.stateOf(state.image), record)) state.untimely = record.token;
  state.tail.push(record);
  state.image = images.after(state.image, record.deltas);
  state.waits.push({ head: record.head, token: record.token, end: state.tail.length, asked: false });
  if (call === undefined) return;
  const name = `${call.client}`;
  if ((state.appended[name] ?? 0) >= call.call) state.twice = record.token;
  state.appended[name] = Math.max(state.appended[name] ?? 0, call.call);
}

/** Reclaimed when it was over for all or for this client, or new before that. */
function isUntimely({ grace, clients }: NfsState, { deltas, reclaims }: ProposedRecord): boolean {
  return deltas.some((delta) => {
    if (delta.type !== 'open') return false;
    const { reclaimed, minor } = clients.get(delta.open.client)!;
    const isOver = grace === undefined && (minor === 0 || reclaimed);
    return reclaims ? grace === undefined || reclaimed : !isOver;
  });
}

const appliedEverywhere = ({ tail, at, members }: LogState): number =>
  Math.min(tail.length, ...at.filter((_at, head) => members[head]));

function settle(state: LogState, rules: HeadRules, say: Say): void {
  const everywhere = appliedEverywhere(state);
  const done = ({ head, end, asked }: Wait): boolean => {
    if (head === state.cut) return false;
    const here = state.at[head]!;
    return rules.settledUpTo(everywhere, here) >= (asked ? rules.restsOn(end, here) : end);
  };
  const settled = state.waits.filter(done);
  state.waits = state.waits.filter((wait) => !done(wait));
  for (const { head, token, asked } of settled) say(head, { type: asked ? 'told' : 'settled', token });
  // Whoever was cut off is told the rest when it is back.
  const forgotten = state.cut === nobody ? everywhere : Math.min(everywhere, state.at[state.cut]!);
  if (forgotten === 0) return;
  state.tail.splice(0, forgotten);
  for (const [head, at] of state.at.entries()) state.at[head] = Math.max(0, at - forgotten);
  state.waits = state.waits.map((wait) => ({ ...wait, end: wait.end - forgotten }));
}

function leave(state: LogState, head: number): void {
  state.members[head] = false;
  state.waits = state.waits.filter((wait) => wait.head !== head);
}

/** What the head proposed is in the log or not; what it asked is not answered. */
function goOn(state: LogState): void {
  state.members[state.cut] = false;
  state.waits = state.waits.filter(({ head, asked }) => head !== state.cut || !asked);
}

function rejoin(state: LogState, rules: HeadRules, say: Say): void {
  const head = state.cut;
  const records = rules.missed(state.tail.slice(state.at[head]));
  const accepted = state.waits.filter((wait) => wait.head === head).map(({ token }) => token);
  state.cut = nobody;
  state.members[head] = true;
  state.at[head] = state.tail.length;
  say(head, { type: 'missed', records, accepted, heads: othersOf(state, head) });
}

function tellView(state: LogState, changed: number, say: Say): void {
  for (let head = 0; head < headsCount; head++) {
    if (head === changed || !state.members[head]) continue;
    say(head, { type: 'view', heads: othersOf(state, head) });
  }
}

const othersOf = (state: LogState, head: number): number[] =>
  [...state.members.keys()].filter((other) => other !== head && state.members[other]);

export const abstractLog: Kernel<LogState, LogEvent, LogEnv, LogWord> = {
  name: 'abstract-log',
  table,
  initial: ({ initial }) => ({
    image: images.numberOf(initial()),
    tail: [],
    at: new Array<number>(headsCount).fill(0),
    members: new Array<boolean>(headsCount).fill(true),
    cut: nobody,
    cuts: 0,
    waits: [],
    appended: {},
    twice: '',
    untimely: '',
  }),
  row: () => 'log',
  column: ({ type }) => type,
  step(state, event, env, out) {
    const say: Say = (head, word) => out.send(headPart(head), word);
    switch (event.type) {
      case 'append':
        if (event.record.head !== state.cut) append(state, event, env, say);
        break;
      case 'ask':
        if (event.head === state.cut) break;
        state.waits.push({ head: event.head, token: event.token, end: state.tail.length, asked: true });
        break;
      case 'deliver': {
        const record = state.tail[state.at[event.head]!]!;
        state.at[event.head]!++;
        say(event.head, { type: 'record', record });
        break;
      }
      case 'fence':
        leave(state, event.head);
        tellView(state, event.head, say);
        break;
      case 'join':
        leave(state, event.head);
        state.members[event.head] = true;
        state.at[event.head] = state.tail.length;
        say(event.head, { type: 'welcome', image: state.image, heads: othersOf(state, event.head) });
        tellView(state, event.head, say);
        break;
      case 'cut':
        state.cut = event.head;
        state.cuts++;
        break;
      case 'go-on':
        goOn(state);
        tellView(state, state.cut, say);
        break;
      case 'rejoin': {
        const head = state.cut;
        rejoin(state, env.rules, say);
        tellView(state, head, say);
        break;
      }
    }
    settle(state, env.rules, say);
  },
  ...plainEncoding<LogState>(),
};
