import { cellAt, type Kernel, ProtocolError } from '@holdfast/kernel';
import type { IomMessage, ParitySink, StorageRequest, ToParity } from './iom-messages.ts';
import { entryId } from './journal.ts';
import type { GroupName } from './named-table.ts';
import { peerChanged, putAside, recover, sayOpen, verified } from './parity-recovery.ts';
import {
  decodeParity,
  encodeParity,
  initialParity,
  openGroups,
  type ParityEnv,
  type ParityEvent,
  type ParityState,
  type ParityUpdate,
  parityBlockOf,
  updateByMj,
  updateByPj,
} from './parity-state.ts';
import { parityTable } from './parity-table.ts';
import { abort, admit, journaled, merged, parityHardened, settle, updateRequested } from './parity-update.ts';

const name = 'parity IOM';

/** The update that an event is about. */
function subject(state: ParityState, event: ParityEvent): ParityUpdate | undefined {
  switch (event.type) {
    case 'message':
      return event.message.type === 'resolve' ? undefined : updateByMj(state, event.from, mjOf(event.message));
    case 'journaled':
      return updateByPj(state, entryId(event.entry));
    case 'peer':
    case 'recovered':
      return undefined;
    default:
      return updateByPj(state, event.id);
  }
}

const mjOf = (message: Exclude<ToParity, { type: 'resolve' }>): number =>
  message.type === 'ios_updatepn' ? message.mj.mj : message.mj;

function row(state: ParityState, event: ParityEvent): string {
  const isResolve = event.type === 'message' && event.message.type === 'resolve';
  if (event.type === 'peer' || event.type === 'recovered' || isResolve)
    return state.recovering ? 'recovering' : 'serving';
  const update = subject(state, event);
  const isEnd = event.type === 'message' && (event.message.type === 'recall' || event.message.type === 'abort');
  if (isEnd) return update === undefined ? 'closed' : 'open';
  const isRequested =
    event.type === 'message' &&
    event.message.type !== 'resolve' &&
    requestOf(state, event.from, mjOf(event.message)) !== undefined;
  return isRequested ? 'requested' : (update?.stage ?? 'unknown');
}

function column(event: ParityEvent): string {
  if (event.type === 'message') return event.message.type;
  if (event.type === 'journaled') return event.entry.type === 'pj' ? 'pj durable' : 'end durable';
  if (event.type === 'peer') return event.up ? 'peer up' : 'peer down';
  return event.type;
}

const requestOf = (state: ParityState, from: number, mj: number) =>
  state.requested.find((request) => request.from === from && request.mj.mj === mj);

function step(state: ParityState, event: ParityEvent, env: ParityEnv, out: ParitySink): void {
  const cell = cellAt(name, parityTable, row(state, event), column(event));
  if (cell.class === 'ignored') return;
  if (cell.class === 'impossible') throw new ProtocolError(name, row(state, event), column(event), cell.why);
  const update = subject(state, event);
  switch (event.type) {
    case 'peer':
      peerChanged(state, event.peer, event.up, env);
      break;
    case 'recovered':
      recover(state, event.blocks, event.entries, env, out);
      break;
    case 'journaled':
      journaled(state, event.entry);
      break;
    case 'message':
      hear(state, update, event, env, out);
      break;
    default:
      if (update !== undefined) stored(state, update, event, env, out);
  }
  sayOpen(state, env, out);
  // What updates can do depends on those of their group.
  for (const name of touched(state, update, event)) settle(state, parityBlockOf(state, name, env), env, out);
  admit(state, env, out);
}

/** The groups whose updates an event may let go on: a request that is taken in, and the end of an update, none of another. */
function touched(state: ParityState, update: ParityUpdate | undefined, event: ParityEvent): Iterable<GroupName> {
  if (update !== undefined) return [update.entry.mj];
  if (event.type === 'message' && event.message.type === 'ios_updatepn') return [event.message.mj];
  return event.type === 'journaled' ? [] : openGroups(state);
}

type Heard = Extract<ParityEvent, { type: 'message' }>;

function hear(
  state: ParityState,
  update: ParityUpdate | undefined,
  { from, message }: Heard,
  env: ParityEnv,
  out: ParitySink,
): void {
  if (message.type === 'resolve') {
    state.peers[env.peers.indexOf(from)] = 'asking';
    return;
  }
  const request = requestOf(state, from, mjOf(message));
  switch (message.type) {
    case 'ios_updatepn':
      updateRequested(state, from, message, env, out);
      break;
    case 'delta':
      if (request !== undefined) request.delta = message.delta;
      break;
    case 'data_hardened':
      if (request !== undefined) request.dataHardened = true;
      else if (update !== undefined) update.dataHardened = true;
      break;
    case 'recall':
      if (update === undefined) break;
      update.recalled = true;
      out.deliver({ type: 'difference', id: update.entry.pj, ...addresses(update) });
      break;
    case 'abort':
      if (update === undefined) break;
      // Nothing is built on one that was put aside before.
      if (update.stage !== 'aside') putAside(state, update);
      abort(state, update, out);
      break;
  }
}

const addresses = ({ entry: { oldAddress, newAddress } }: ParityUpdate) => ({ oldAddress, newAddress });

type Answer = Extract<ParityEvent, { id: number }>;

function stored(state: ParityState, update: ParityUpdate, event: Answer, env: ParityEnv, out: ParitySink): void {
  switch (event.type) {
    case 'combined':
      merged(update, event.checksum, out);
      break;
    case 'difference':
      if (!update.recalled) break;
      update.recalled = false;
      out.send(update.entry.from, { type: 'recalled', mj: update.entry.mj.mj, delta: event.delta });
      break;
    case 'verified':
      verified(state, update, event.good, env);
      break;
    case 'hardened':
      parityHardened(update, out);
      break;
  }
}

/**
 * The parity side of the journaled write (seed 001, Fig. 15): the parity blocks of one I/O manager, and the updates of
 * them under way. See docs/raid.md.
 */
export const parityIom: Kernel<ParityState, ParityEvent, ParityEnv, IomMessage, never, StorageRequest> = {
  name,
  table: parityTable,
  initial: initialParity,
  row,
  column,
  step,
  encode: encodeParity,
  decode: decodeParity,
};
