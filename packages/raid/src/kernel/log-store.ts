import { cellAt, handled, impossible, type Kernel, ProtocolError } from '@holdfast/kernel';
import { recoverLog } from './log-recovery.ts';
import {
  decodeLog,
  encodeLog,
  initialLog,
  type LogEnv,
  type LogEvent,
  type LogRequest,
  type LogSink,
  type LogState,
} from './log-state.ts';
import { advance, batchFlushed, batchWritten, checkpointFlushed, checkpointWritten } from './log-write.ts';

const name = 'log';
const notAsked = impossible('the drive was not asked');
const unopened = impossible('what uses a drive waits until it is open');
const once = impossible('a log is opened once in a life');

const table = {
  reading: { start: handled, contents: handled, append: unopened, written: notAsked, flushed: notAsked },
  open: { start: once, contents: once, append: handled, written: handled, flushed: handled },
  damaged: { start: once, contents: once, append: unopened, written: notAsked, flushed: notAsked },
};

function step(state: LogState, event: LogEvent, env: LogEnv, out: LogSink): void {
  const cell = cellAt(name, table, state.phase, event.type);
  if (cell.class === 'impossible') throw new ProtocolError(name, state.phase, event.type, cell.why);
  switch (event.type) {
    case 'start':
      out.deliver({ type: 'read' });
      break;
    case 'contents':
      recoverLog(state, event.contents, env, out);
      break;
    case 'append':
      state.queue.push({ call: event.call, entry: event.entry });
      break;
    case 'written':
      if (event.op === 'batch') batchWritten(state, env, out);
      else checkpointWritten(state, env, out);
      break;
    case 'flushed':
      if (event.op === 'batch') batchFlushed(state, env, out);
      else checkpointFlushed(state, env, out);
      break;
  }
  advance(state, env, out);
}

/**
 * The log of one drive, as sectors: a ring of batches chained by checksums, a checkpoint, two superblocks in turn. What
 * it gives is the contract that the data and parity kernels stand on: an entry is durable when it was answered, entries
 * are kept in order, and what was durable and is not readable is noticed.
 */
export const logStore: Kernel<LogState, LogEvent, LogEnv, never, 'durable', LogRequest> = {
  name,
  table,
  initial: initialLog,
  row: (state) => state.phase,
  column: (event) => event.type,
  step,
  encode: encodeLog,
  decode: decodeLog,
};
