import { type Decoder, type EffectSink, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import { emptyBlock } from '@holdfast/simulation';
import type { DataBlock } from '../kernel/data-state.ts';
import { type Address, noAddress } from '../kernel/journal.ts';
import type { ParityBlock } from '../kernel/parity-state.ts';
import type { ProxyAnswer } from '../kernel/proxy-messages.ts';
import { blockValue, handleOf, mergedValue, parityOf, scaledValue, solvedValue } from './block-values.ts';
import { batchNumber, batchOf, type LogEntry, requestNumber, requestOf, type StoreRequest } from './log-batches.ts';

/** Which kernel of its node a request came from. */
export const roles = { data: 0, parity: 1, view: 3 } as const;
export type Role = (typeof roles)[keyof typeof roles];

/** Disk addresses from here on are the log, one batch each. */
export const logStart = 64;

export interface ItemStoreEnv {
  readonly incarnation: number;
  /** Disk addresses there are, log included. */
  readonly addresses: number;
  /** What is at an address before anybody wrote it: a handle, or the number of a log batch. */
  initial(address: Address): number;
  readonly dataBlocks: readonly DataBlock[];
  readonly parityBlocks: readonly ParityBlock[];
  /** Whether what needs old blocks takes a read of the disk; else it is answered at once, as from a cache. */
  readonly slowReads: boolean;
  /** Whether the node keeps a record of views. */
  readonly keepsViews?: boolean;
}

interface Queued {
  readonly role: Role;
  readonly entry: LogEntry;
}

interface BlockWrite {
  readonly op: number;
  readonly role: Role;
  readonly id: number;
}

export interface ItemStoreState {
  /** By address: what a read finds, on disk or not yet. */
  content: number[];
  nextBatch: number;
  queue: Queued[];
  writing: Queued[];
  writes: BlockWrite[];
  /** Requests that wait for old blocks, oldest first: carried out in order, so that each sees what those before left. */
  reading: { readonly role: Role; readonly request: StoreRequest }[];
}

export type ItemStoreEvent =
  | { readonly type: 'start' }
  | { readonly type: 'request'; readonly role: Role; readonly request: StoreRequest }
  | { readonly type: 'read'; readonly blocks: readonly number[] }
  | { readonly type: 'log written' }
  | { readonly type: 'old block read' }
  | { readonly type: 'block written'; readonly op: number };

/** What is handed to a kernel above. */
export interface ItemNotice {
  readonly role: Role;
  readonly event:
    | Exclude<ProxyAnswer, { type: 'journaled' }>
    | { readonly type: 'journaled'; readonly entry: LogEntry }
    | {
        readonly type: 'recovered';
        readonly blocks: readonly (DataBlock | ParityBlock)[];
        readonly entries: readonly LogEntry[];
      };
}

type ItemSink = EffectSink<never, never, ItemNotice>;

const readOp = 0;
const logOp = 1;
const oldBlockOp = 2;
const firstBlockOp = 3;

/**
 * The contract that the data and parity kernels stand on, as a kernel over the disk of a world: a journal entry or block
 * is durable when that was said; until then a crash keeps, loses or tears it, on its own, except that the log is kept in
 * order. Everything a drive holds is read at the restart.
 */
export const itemStore: Kernel<ItemStoreState, ItemStoreEvent, ItemStoreEnv, never, never, ItemNotice> = {
  name: 'item store',
  table: {
    any: {
      start: handled,
      request: handled,
      read: handled,
      'old block read': handled,
      'log written': handled,
      'block written': handled,
    },
  },
  initial: () => ({ content: [], nextBatch: logStart, queue: [], writing: [], writes: [], reading: [] }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, env, out) {
    switch (event.type) {
      case 'start':
        if (env.incarnation === 0) open(state, [], env, out);
        else out.diskRead(readOp, 0, env.addresses);
        break;
      case 'read':
        open(state, event.blocks, env, out);
        break;
      case 'request':
        if (env.slowReads && needsOldBlock(event.request)) {
          state.reading = [...state.reading, { role: event.role, request: event.request }];
          if (state.reading.length === 1) readOldBlock(event.request, out);
        } else serve(state, event.role, event.request, out);
        break;
      case 'old block read': {
        const [oldest, ...rest] = state.reading;
        state.reading = rest;
        if (oldest !== undefined) serve(state, oldest.role, oldest.request, out);
        if (rest[0] !== undefined) readOldBlock(rest[0].request, out);
        break;
      }
      case 'log written':
        for (const { role, entry } of state.writing) out.deliver({ role, event: { type: 'journaled', entry } });
        state.writing = [];
        break;
      case 'block written': {
        const write = state.writes.find(({ op }) => op === event.op);
        state.writes = state.writes.filter((other) => other !== write);
        if (write !== undefined) out.deliver({ role: write.role, event: { type: 'hardened', id: write.id } });
        break;
      }
    }
    writeLog(state, env, out);
  },
  encode(state, into) {
    into.list(state.content, (handle, to) => to.int(handle));
    into.uint(state.nextBatch);
    into.list(state.queue, encodeQueued);
    into.list(state.writing, encodeQueued);
    into.list(state.writes, ({ op, role, id }, to) => {
      to.uint(op);
      to.uint(role);
      to.uint(id);
    });
    into.list(state.reading, ({ role, request }, to) => {
      to.uint(role);
      to.uint(requestNumber(request));
    });
  },
  decode: (from) => ({
    content: from.list((each) => each.int()),
    nextBatch: from.uint(),
    queue: from.list(decodeQueued),
    writing: from.list(decodeQueued),
    writes: from.list((each) => ({ op: each.uint(), role: each.uint() as Role, id: each.uint() })),
    reading: from.list((each) => ({ role: each.uint() as Role, request: requestOf(each.uint()) })),
  }),
};

const needsOldBlock = ({ type }: StoreRequest): boolean =>
  type === 'prepare' ||
  type === 'merge' ||
  type === 'difference' ||
  type === 'verify' ||
  type === 'sum' ||
  type === 'fold';

const readOldBlock = (request: StoreRequest, out: ItemSink): void =>
  out.diskRead(oldBlockOp, 'oldAddress' in request ? request.oldAddress : 1, 1);

/** The completion of a disk operation as an event. */
export function itemStoreEnded(op: number, blocks: readonly number[]): ItemStoreEvent {
  if (op === readOp) return { type: 'read', blocks };
  if (op === oldBlockOp) return { type: 'old block read' };
  return op === logOp ? { type: 'log written' } : { type: 'block written', op };
}

/** The entries in a log, by what its addresses hold: up to the first that holds none. */
export function entriesOf(at: (address: Address) => number, addresses: number): LogEntry[] {
  const entries: LogEntry[] = [];
  let life = 0;
  for (let address = logStart; address < addresses; address++) {
    const batch = batchOf(at(address));
    if (batch === undefined || batch.life < life) break;
    life = batch.life;
    entries.push(...batch.entries);
  }
  return entries;
}

function open(state: ItemStoreState, blocks: readonly number[], env: ItemStoreEnv, out: ItemSink): void {
  const at = (address: Address) => {
    const found = blocks[address] ?? emptyBlock;
    return found === emptyBlock ? env.initial(address) : found;
  };
  state.content = Array.from({ length: logStart }, (_, address) => at(address));
  while (state.content.at(-1) === emptyBlock) state.content.pop();
  const entries = entriesOf(at, env.addresses);
  let end = logStart;
  while (batchOf(at(end)) !== undefined) end++;
  state.nextBatch = end;
  out.deliver({ role: roles.data, event: { type: 'recovered', blocks: env.dataBlocks, entries } });
  out.deliver({ role: roles.parity, event: { type: 'recovered', blocks: env.parityBlocks, entries } });
  if (env.keepsViews) out.deliver({ role: roles.view, event: { type: 'recovered', blocks: [], entries } });
}

function serve(state: ItemStoreState, role: Role, request: StoreRequest, out: ItemSink): void {
  const value = (address: Address) => (address === noAddress ? 0 : blockValue(state.content[address] ?? emptyBlock));
  const keep = (address: Address, handle: number) => {
    while (state.content.length <= address) state.content.push(emptyBlock);
    state.content[address] = handle;
  };
  switch (request.type) {
    case 'prepare': {
      const { id, oldAddress, newAddress, payload, writeStart, writeBytes } = request;
      const before = request.old === undefined ? value(oldAddress) : blockValue(request.old);
      const fresh = mergedValue(before, blockValue(payload), writeStart, writeBytes);
      const delta = handleOf(before ^ fresh);
      if (newAddress !== noAddress) keep(newAddress, handleOf(fresh));
      out.deliver({ role, event: { type: 'combined', id, checksum: handleOf(fresh), delta } });
      break;
    }
    case 'merge': {
      const { id, oldAddress, newAddress, delta, power: exponent = 0 } = request;
      const handle = handleOf(value(oldAddress) ^ scaledValue(blockValue(delta), exponent));
      keep(newAddress, handle);
      out.deliver({ role, event: { type: 'combined', id, checksum: handle, delta } });
      break;
    }
    case 'difference': {
      const { id, oldAddress, newAddress } = request;
      const delta = handleOf(value(oldAddress) ^ value(newAddress));
      out.deliver({ role, event: { type: 'difference', id, delta } });
      break;
    }
    case 'sum': {
      const { id, address, parts, slot, code } = request;
      const sum = value(address) ^ parityOf(code ?? 'p', parts.map(blockValue));
      const found = scaledValue(sum, code === 'q' ? -slot : 0);
      out.deliver({ role, event: { type: 'summed', id, value: handleOf(found) } });
      break;
    }
    case 'scale': {
      const { id, delta, power: exponent } = request;
      const scaled = handleOf(scaledValue(blockValue(delta), exponent));
      out.deliver({ role, event: { type: 'difference', id, delta: scaled } });
      break;
    }
    case 'encode': {
      const { id, newAddress, parts, code } = request;
      const handle = handleOf(parityOf(code ?? 'p', parts.map(blockValue)));
      keep(newAddress, handle);
      out.deliver({ role, event: { type: 'combined', id, checksum: handle, delta: 0 } });
      break;
    }
    case 'solve': {
      const { id, newAddress, p: first, q: second, slot, other } = request;
      const handle = handleOf(solvedValue(blockValue(first), blockValue(second), slot, other));
      keep(newAddress, handle);
      out.deliver({ role, event: { type: 'combined', id, checksum: handle, delta: 0 } });
      break;
    }
    case 'fold': {
      const { id, oldAddress, newAddress, payload, writeStart, writeBytes } = request;
      const old = blockValue(request.old);
      const fresh = mergedValue(old, blockValue(payload), writeStart, writeBytes);
      const handle = handleOf(value(oldAddress) ^ old ^ fresh);
      keep(newAddress, handle);
      out.deliver({ role, event: { type: 'combined', id, checksum: handle, delta: 0 } });
      break;
    }
    case 'verify': {
      const good = state.content[request.address] === request.checksum;
      out.deliver({ role, event: { type: 'verified', id: request.id, good } });
      break;
    }
    case 'harden': {
      let op = firstBlockOp;
      while (state.writes.some((write) => write.op === op)) op++;
      state.writes = [...state.writes, { op, role, id: request.id }].sort((a, b) => a.op - b.op);
      out.diskWrite(op, request.address, state.content[request.address] ?? emptyBlock);
      break;
    }
    case 'journal':
      state.queue.push({ role, entry: request.entry });
      break;
    case 'mark':
    case 'write_for':
      break;
  }
}

/** One batch at a time; what comes meanwhile goes into the next. */
function writeLog(state: ItemStoreState, { incarnation, addresses }: ItemStoreEnv, out: ItemSink): void {
  if (state.writing.length > 0 || state.queue.length === 0) return;
  if (state.nextBatch === addresses) throw new RangeError('The log of the explored world is full.');
  state.writing = state.queue;
  state.queue = [];
  const entries = state.writing.map(({ entry }) => entry);
  out.diskWrite(logOp, state.nextBatch++, batchNumber({ life: incarnation, entries }));
}

/** Entries by the number of a batch that holds just them: the same everywhere, and compact. */
function encodeQueued({ role, entry }: Queued, into: Encoder): void {
  into.uint(role);
  into.uint(batchNumber({ life: 0, entries: [entry] }));
}

const decodeQueued = (from: Decoder): Queued => ({
  role: from.uint() as Role,
  entry: batchOf(from.uint())!.entries[0]!,
});
