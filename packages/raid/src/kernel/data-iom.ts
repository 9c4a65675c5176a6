import { cellAt, type Kernel, ProtocolError } from '@holdfast/kernel';
import { differenceKnown, peerChanged, recalled, recover, resolve, restored, verified } from './data-recovery.ts';
import {
  type DataEnv,
  type DataEvent,
  type DataState,
  type DataUpdate,
  decodeData,
  encodeData,
  initialData,
  updateOf,
  updatesOf,
} from './data-state.ts';
import { dataTable } from './data-table.ts';
import { admit, blockHardened, journaled, prepared, settle, submit } from './data-write.ts';
import type { DataSink, IomMessage, StorageRequest, WriteResult } from './iom-messages.ts';
import { entryId, type JournalId, type Peer } from './journal.ts';
import { partnerOf } from './partners.ts';

const name = 'data IOM';

/** The update that an event is about; undefined for events about the whole IOM. */
function subject(event: DataEvent): JournalId | undefined {
  switch (event.type) {
    case 'message':
      return event.message.type === 'resolved' ? undefined : event.message.mj;
    case 'journaled':
      return entryId(event.entry);
    case 'write':
    case 'peer':
    case 'recovered':
      return undefined;
    default:
      return event.id;
  }
}

const row = (state: DataState, event: DataEvent): string => {
  const mj = subject(event);
  if (mj === undefined) return state.recovering ? 'recovering' : 'serving';
  const update = updateOf(state, mj);
  // Its data half was given up and its parity halves go on under the same number: what was under way is of that half.
  if (update?.away === true && event.type === 'journaled') return 'ended';
  // The parity halves may have ended by then.
  if (event.type === 'verified' && update?.away !== false) return 'adopted';
  return update?.stage ?? 'ended';
};

function column(event: DataEvent): string {
  if (event.type === 'message') return event.message.type;
  if (event.type === 'journaled') return event.entry.type === 'mj' ? 'mj durable' : 'end durable';
  if (event.type === 'peer') return event.up ? 'peer up' : 'peer down';
  return event.type;
}

function step(state: DataState, event: DataEvent, env: DataEnv, out: DataSink): void {
  const cell = cellAt(name, dataTable, row(state, event), column(event));
  if (cell.class === 'ignored') return;
  if (cell.class === 'impossible') throw new ProtocolError(name, row(state, event), column(event), cell.why);
  const mj = subject(event);
  const update = mj === undefined ? undefined : updateOf(state, mj);
  switch (event.type) {
    case 'write':
      submit(state, event, env, out);
      break;
    case 'peer':
      peerChanged(state, event.peer, event.up, env, out);
      break;
    case 'recovered':
      recover(state, event.blocks, event.entries, env, out);
      break;
    case 'journaled':
      journaled(state, event.entry);
      break;
    case 'message':
      if (event.message.type === 'resolved') resolve(state, event.from, event.message.open, env, out);
      else if (update !== undefined) hear(state, update, event.from, event.message, env, out);
      break;
    default:
      if (update !== undefined) stored(state, update, event, env, out);
  }
  // What one update can do depends on itself and on those before it of its block.
  const touched = update !== undefined ? updatesOf(state, update.entry) : concernsAll(event) ? state.updates : [];
  for (const each of [...touched]) settle(state, each, env, out);
  admit(state, env, out);
}

/** Whether an event that is about no update changes what any of them can do: a call and the end of one do not. */
const concernsAll = (event: DataEvent): boolean =>
  event.type === 'peer' || event.type === 'recovered' || event.type === 'message';

type Message = Extract<DataEvent, { type: 'message' }>['message'];

function hear(
  state: DataState,
  update: DataUpdate,
  from: Peer,
  message: Exclude<Message, { type: 'resolved' }>,
  env: DataEnv,
  out: DataSink,
): void {
  const partner = partnerOf(update, from);
  switch (message.type) {
    case 'request_delta':
      out.trace('d10 return delta', message.mj);
      out.send(from, { type: 'delta', mj: message.mj, delta: update.delta });
      break;
    case 'delta_held':
      if (partner !== undefined) partner.deltaHeld = true;
      break;
    case 'parity_hardened':
      if (partner !== undefined) partner.hardened = true;
      break;
    case 'recalled':
      recalled(state, update, from, message.delta, env, out);
      break;
  }
}

type Answer = Extract<DataEvent, { id: JournalId }>;

function stored(state: DataState, update: DataUpdate, event: Answer, env: DataEnv, out: DataSink): void {
  switch (event.type) {
    case 'combined':
      if (update.stage === 'restoring') restored(state, update, event.checksum, env, out);
      else prepared(state, update, event.checksum, event.delta, env, out);
      break;
    case 'difference':
      differenceKnown(state, update, event.delta, env, out);
      break;
    case 'verified':
      verified(state, update, event.good, env, out);
      break;
    case 'hardened':
      blockHardened(update, out);
      break;
  }
}

/**
 * The data side of the journaled write (seed 001, Fig. 15): the blocks of one I/O manager, and the writes of them under
 * way. Messages between two I/O managers must arrive exactly once and in order until one of the two loses its memory.
 * See docs/raid.md.
 */
export const dataIom: Kernel<DataState, DataEvent, DataEnv, IomMessage, WriteResult, StorageRequest> = {
  name,
  table: dataTable,
  initial: initialData,
  row,
  column,
  step,
  encode: encodeData,
  decode: decodeData,
};
