import { type Kernel, refuseImpossible } from '@holdfast/kernel';
import { accept } from './log-accept.ts';
import { appended, gathered, heard, saved } from './log-append.ts';
import { decodeLog, encodeLog } from './log-encoding.ts';
import type { LogEnv } from './log-env.ts';
import { refused, told } from './log-own-proposals.ts';
import { attend, request } from './log-requests.ts';
import { logTable } from './log-table.ts';
import { follow, found, hear, lapse, progress } from './log-tail.ts';
import { appoint, fenced, joined, open, recover, resign, seal } from './log-takeover.ts';
import {
  type Answer,
  type ClaimEpoch,
  type HeadMessage,
  type HeadNumber,
  type LogEvent,
  type LogRequest,
  type LogSink,
  type LogState,
  nobody,
} from './log-types.ts';

const name = 'nfs-log';

/**
 * One head's part in the log that heads share: it decides what clients ask on its own image, proposes what would change
 * to the appender, and answers once that is durable; it follows the appender, or is the appender.
 */
export const logKernel: Kernel<LogState, LogEvent, LogEnv, HeadMessage, Answer, LogRequest> = {
  name,
  table: logTable,
  initial: (env) => ({
    phase: 'following',
    epoch: 0,
    appender: nobody,
    serving: false,
    welcome: false,
    image: env.empty(),
    applied: 0,
    next: 0,
    staged: [],
    durable: 0,
    settled: 0,
    unsettled: [],
    accepted: [],
    reading: 0,
    pending: [],
    numbered: 0,
    joining: [],
    followers: [],
    queue: [],
    writing: false,
    gathering: false,
    tail: 0,
    touched: new Map(),
    floor: 0,
    snapshotAt: 0,
    isScattered: false,
    saving: false,
  }),
  row,
  column: (event) => (event.type === 'message' ? event.message.type : event.type),
  step(state, event, env, out) {
    const cell = refuseImpossible(name, logTable, row(state, event, env), logKernel.column(event));
    if (cell.class === 'ignored') return;
    if (event.type === 'message') take(state, event.from, event.message, env, out);
    else happen(state, event, env, out);
  },
  encode: encodeLog,
  decode: decodeLog,
};

function row(state: LogState, event: LogEvent, env: LogEnv): string {
  if (isOfAnother(state.epoch, event, env)) return 'another';
  return state.phase === 'following' && !state.welcome ? 'knocking' : state.phase;
}

/** Whether an event is of another appender than the one this head knows, or meant for an earlier life of it. */
function isOfAnother(epoch: ClaimEpoch, event: LogEvent, { life }: LogEnv): boolean {
  if (event.type === 'appointed') return event.epoch <= epoch;
  if (event.type !== 'message') return 'epoch' in event && event.epoch !== epoch;
  const { message } = event;
  if (message.type === 'JOIN') return message.epoch < epoch;
  if (message.type === 'WELCOME' && message.life !== life) return true;
  return (message.type === 'BATCH' ? message.batch.epoch : message.epoch) !== epoch;
}

function happen(state: LogState, event: Exclude<LogEvent, { type: 'message' }>, env: LogEnv, out: LogSink): void {
  switch (event.type) {
    case 'request':
      request(state, event, env, out);
      break;
    case 'appointed':
      appoint(state, event, env, out);
      break;
    case 'lapsed':
      if (state.phase === 'following') lapse(state, env, out);
      else resign(state);
      break;
    case 'fenced':
      fenced(state, event.head, event.life, env, out);
      break;
    case 'claimed':
      recover(state, out);
      break;
    case 'contents':
      if (state.phase === 'recovering') seal(state, event.contents, env, out);
      else if (state.reading > 0) found(state, event.contents, env, out);
      break;
    case 'appended':
      if (state.phase === 'sealing') open(state, env, out);
      else appended(state, env, out);
      break;
    case 'gathered':
      gathered(state, env, out);
      break;
    case 'saved':
      saved(state, event.next, env, out);
      break;
    case 'storage-failed':
      if (state.phase === 'following') lapse(state, env, out);
      else resign(state);
      break;
  }
}

function take(state: LogState, from: HeadNumber, message: HeadMessage, env: LogEnv, out: LogSink): void {
  switch (message.type) {
    case 'JOIN':
      joined(state, from, message, env, out);
      break;
    case 'WELCOME':
      follow(state, message, env, out);
      break;
    case 'PROPOSE':
      accept(state, from, message, env, out);
      break;
    case 'REFUSE':
      refused(state, message.proposal, message.by);
      attend(state, env, out);
      break;
    case 'BATCH':
      hear(state, message.batch, env, out);
      break;
    case 'HEARD':
      heard(state, from, message.index, env, out);
      break;
    case 'PROGRESS':
      progress(state, message.durable, message.settled, env, out);
      break;
    case 'ASK':
      out.send(from, { type: 'TOLD', epoch: state.epoch, question: message.question });
      break;
    case 'TOLD':
      told(state, message.question);
      attend(state, env, out);
      break;
  }
}
