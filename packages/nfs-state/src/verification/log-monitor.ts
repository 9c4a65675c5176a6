import { type Monitor, monitor } from '@holdfast/simulation';
import type { LogEvent } from '../kernel/log-types.ts';
import type { LockAnswer, LockAsk } from './log-locks.ts';

type Step = 'not yet' | 'asked' | 'done';

/** What a client may be told, by what it and the others were told before it asked. */
export interface Outstanding {
  readonly head: number;
  readonly call: number;
  /** Somebody else may hold the lock, or may have held it since. */
  contested: boolean;
  mustHold: boolean;
  mustNotHold: boolean;
}

export interface LogGhost {
  epoch: number;
  appender: number;
  /** The life that was appointed is over. */
  isDead: boolean;
  /** By client; 0 is nobody. */
  locks: Step[];
  unlocks: Step[];
  outstanding: Outstanding[];
  /** Heads whose right to serve ran out, and that nobody welcomed since. */
  lapsed: number[];
  /** Calls that were answered `done`. */
  done: number[];
  wrong: string;
}

/** `asks` by call number. */
export const logMonitor = (clients: number, asks: readonly LockAsk[]): Monitor =>
  monitor<LogGhost>({
    name: 'what clients were told is true',
    watches: ['call', 'reply', 'crash', 'trace'],
    initial: () => ({
      epoch: 0,
      appender: -1,
      isDead: false,
      locks: new Array<Step>(clients + 1).fill('not yet'),
      unlocks: new Array<Step>(clients + 1).fill('not yet'),
      outstanding: [],
      lapsed: [],
      done: [],
      wrong: '',
    }),
    observe(ghost, { kind, node, number, value }) {
      if (kind === 'crash') ghost.outstanding = ghost.outstanding.filter(({ head }) => head !== node);
      if (kind === 'crash' && node === ghost.appender) ghost.isDead = true;
      if (kind === 'crash' || value === 'serves') ghost.lapsed = ghost.lapsed.filter((head) => head !== node);
      if (kind === 'trace' || kind === 'crash') return;
      if (kind === 'reply') answered(ghost, asks[number]!, node, number, value as LockAnswer);
      else called(ghost, asks, node, value as LogEvent);
    },
    encode(ghost, into) {
      const text = JSON.stringify(ghost);
      into.uint(text.length);
      for (let at = 0; at < text.length; at++) into.uint(text.charCodeAt(at));
    },
    decode: (from) => JSON.parse(String.fromCharCode(...from.list((each) => each.uint()))),
    violation: ({ wrong }) => (wrong === '' ? undefined : wrong),
  });

function called(ghost: LogGhost, asks: readonly LockAsk[], node: number, event: LogEvent): void {
  if (event.type === 'appointed' && event.epoch > ghost.epoch) {
    ghost.epoch = event.epoch;
    ghost.appender = event.head;
    ghost.isDead = false;
  }
  if (event.type === 'lapsed') ghost.lapsed = [...ghost.lapsed, node].sort((one, other) => one - other);
  if (event.type !== 'request') return;
  const ask = asks[event.call]!;
  const client = 'client' in ask ? ask.client : 0;
  const mayHold = (other: number): boolean => ghost.locks[other] !== 'not yet' && ghost.unlocks[other] !== 'done';
  ghost.outstanding.push({
    head: node,
    call: event.call,
    contested: ghost.locks.some((_, other) => other !== client && mayHold(other)),
    mustHold: ghost.locks[client] === 'done' && ghost.unlocks[client] === 'not yet',
    mustNotHold:
      ghost.locks[client] === 'not yet' ||
      ghost.unlocks[client] === 'done' ||
      ghost.locks.some((step, other) => other !== client && step === 'done' && ghost.unlocks[other] === 'not yet'),
  });
  const isAnew = ghost.locks[client] === 'not yet' || ghost.unlocks[client] === 'done';
  if (ask.kind === 'lock' && isAnew) {
    ghost.locks[client] = 'asked';
    ghost.unlocks[client] = 'not yet';
  }
  if (ask.kind === 'unlock' && ghost.unlocks[client] === 'not yet') ghost.unlocks[client] = 'asked';
  for (const each of ghost.outstanding) {
    const other = asks[each.call]!;
    const isSame = 'client' in other && other.client === client;
    if (ask.kind === 'lock' && !isSame) each.contested = true;
    if (ask.kind === 'lock' && isSame) each.mustNotHold = false;
    if (ask.kind === 'unlock' && isSame) each.mustHold = false;
  }
}

function answered(ghost: LogGhost, ask: LockAsk, node: number, call: number, answer: LockAnswer): void {
  const at = ghost.outstanding.findIndex((each) => each.head === node && each.call === call);
  const [asked] = ghost.outstanding.splice(at, 1) as [Outstanding];
  const { contested, mustHold, mustNotHold } = asked;
  if (answer === 'done' && !ghost.done.includes(call)) {
    ghost.done = [...ghost.done, call].sort((one, other) => one - other);
    if (ask.kind === 'lock') ghost.locks[ask.client] = 'done';
    if (ask.kind === 'unlock') ghost.unlocks[ask.client] = 'done';
  }
  if (answer === 'denied' && ask.kind === 'lock' && !contested) ghost.wrong = 'denied a lock that nobody held';
  if (answer === 'denied' && ask.kind === 'unlock') ghost.wrong = 'a client may not unlock what it was granted';
  if (answer === 'not held' && mustHold) ghost.wrong = 'a granted lock is not known';
  if (answer === 'held' && mustNotHold) ghost.wrong = 'a right is served that was taken away';
}
