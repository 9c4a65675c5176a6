import { type Decoder, type EffectSink, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import type { BatchNumber, ClaimEpoch, LogBatch, LogEvent, LogRequest, LogSnapshot } from '../kernel/log-types.ts';

/** One life of a head. */
export type Asker = number;
const livesMax = 100;
export const askerOf = (head: number, life: number): Asker => head * livesMax + life;

export interface ShelfQuestion {
  readonly life: number;
  readonly request: LogRequest;
}

export interface ShelfAnswer {
  readonly life: number;
  readonly event: LogEvent;
}

/** An append on its way: until it has landed nobody knows whether it will. */
export interface Landing {
  /** Who hears of it; nobody once it was told that it failed. */
  readonly from: Asker;
  readonly batch: LogBatch;
}

/**
 * The storage of the log as heads may rely on it, and not more: claims, durable appends, a torn end where an appender
 * stopped, a snapshot that is whole or not there.
 */
export interface ShelfState {
  claim: ClaimEpoch;
  /** By number of batch. What was trimmed is kept, to be held against what heads say. */
  log: (LogBatch | 'torn')[];
  /** The first batch that can still be read. */
  start: BatchNumber;
  snapshot: LogSnapshot | undefined;
  landing: Landing[];
  /** What has not landed can be read already. */
  isShown: boolean;
  /** A claim that waits for what becomes of appends on their way. */
  claiming: { readonly from: Asker; readonly epoch: ClaimEpoch } | undefined;
  saving: { readonly from: Asker; readonly epoch: ClaimEpoch; readonly snapshot: LogSnapshot } | undefined;
  isRefusing: boolean;
}

export type ShelfEvent =
  | { readonly type: 'asked'; readonly from: Asker; readonly request: LogRequest }
  /** The append at that place is durable. */
  | { readonly type: 'lands'; readonly at: number }
  /** The writer is told that it failed; whether it lands is open. */
  | { readonly type: 'fails' }
  | { readonly type: 'shows' }
  /** A claim ends what is on its way: it is there, or a part of it, or nothing. */
  | { readonly type: 'settles'; readonly how: 'whole' | 'torn' | 'lost' }
  | { readonly type: 'keeps' }
  /** The next claim or read fails. */
  | { readonly type: 'refuses' };

const storageFailed = (epoch: ClaimEpoch): LogEvent => ({ type: 'storage-failed', epoch });

const shelfTable = {
  any: {
    asked: handled,
    lands: handled,
    fails: handled,
    shows: handled,
    settles: handled,
    keeps: handled,
    refuses: handled,
  },
};

export const logShelf: Kernel<ShelfState, ShelfEvent, undefined, ShelfAnswer> = {
  name: 'shelf',
  table: shelfTable,
  initial: () => ({
    claim: 0,
    log: [],
    start: 0,
    snapshot: undefined,
    landing: [],
    isShown: false,
    claiming: undefined,
    saving: undefined,
    isRefusing: false,
  }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, _env, out) {
    switch (event.type) {
      case 'asked':
        ask(state, event.from, event.request, out);
        break;
      case 'lands':
        land(state, event.at, out);
        break;
      case 'fails': {
        const [first, ...rest] = state.landing;
        state.landing = [{ from: -1, batch: first!.batch }, ...rest];
        tell(first!.from, storageFailed(first!.batch.epoch), out);
        break;
      }
      case 'refuses':
        state.isRefusing = true;
        break;
      case 'shows':
        state.isShown = true;
        break;
      case 'settles':
        for (const { batch } of state.landing) {
          if (event.how !== 'lost') put(state, batch.number, event.how === 'whole' ? batch : 'torn');
        }
        state.landing = [];
        state.isShown = false;
        raise(state, state.claiming!.from, state.claiming!.epoch, out);
        state.claiming = undefined;
        break;
      case 'keeps': {
        const { from, epoch, snapshot } = state.saving!;
        state.saving = undefined;
        state.snapshot = snapshot;
        tell(from, { type: 'saved', epoch, next: snapshot.next }, out);
        break;
      }
    }
  },
  encode,
  decode,
};

type Out = EffectSink<ShelfAnswer>;

function tell(to: Asker, event: LogEvent, out: Out): void {
  out.send(Math.floor(to / livesMax), { life: to % livesMax, event });
}

function ask(state: ShelfState, from: Asker, request: LogRequest, out: Out): void {
  const { epoch } = request;
  const isRefused = epoch < Math.max(state.claim, state.claiming?.epoch ?? 0);
  if (state.isRefusing && (request.type === 'claim' || request.type === 'read')) {
    state.isRefusing = false;
    tell(from, storageFailed(epoch), out);
    return;
  }
  switch (request.type) {
    case 'claim':
      if (isRefused) {
        tell(from, storageFailed(epoch), out);
        break;
      }
      for (const { from: writer, batch } of state.landing)
        if (writer !== -1) tell(writer, storageFailed(batch.epoch), out);
      state.landing = state.landing.map(({ batch }) => ({ from: -1, batch }));
      if (state.claiming !== undefined) tell(state.claiming.from, storageFailed(state.claiming.epoch), out);
      state.saving = undefined;
      if (state.landing.length > 0) state.claiming = { from, epoch };
      else raise(state, from, epoch, out);
      break;
    case 'read':
      tell(from, { type: 'contents', epoch, contents: read(state, request.from) }, out);
      break;
    case 'append':
      if (isRefused) tell(from, storageFailed(epoch), out);
      else state.landing.push({ from, batch: request.batch });
      break;
    case 'gather':
      tell(from, { type: 'gathered', epoch }, out);
      break;
    case 'save':
      if (isRefused) tell(from, storageFailed(epoch), out);
      else state.saving = { from, epoch, snapshot: request.snapshot };
      break;
    case 'trim':
      if (!isRefused) state.start = Math.max(state.start, request.before);
      break;
  }
}

function raise(state: ShelfState, from: Asker, epoch: ClaimEpoch, out: Out): void {
  state.claim = epoch;
  tell(from, { type: 'claimed', epoch }, out);
}

function land(state: ShelfState, at: number, out: Out): void {
  const [{ from, batch }] = state.landing.splice(at, 1) as [Landing];
  state.isShown = false;
  put(state, batch.number, batch);
  if (from !== -1) tell(from, { type: 'appended', epoch: batch.epoch }, out);
}

function put(state: ShelfState, number: BatchNumber, content: LogBatch | 'torn'): void {
  while (state.log.length < number) state.log.push('torn');
  state.log[number] = content;
}

function read(state: ShelfState, from: BatchNumber): Extract<LogEvent, { type: 'contents' }>['contents'] {
  const isTrimmed = from < state.start;
  const first = isTrimmed ? (state.snapshot?.next ?? state.start) : from;
  const shown = state.isShown ? state.landing.filter(({ batch }) => batch.number === state.log.length) : [];
  const batches = [...state.log, ...shown.map(({ batch }) => batch)].slice(Math.max(first, state.start));
  return { snapshot: isTrimmed ? state.snapshot : undefined, batches, isScattered: state.log.length > 2 };
}

function encode(state: ShelfState, into: Encoder): void {
  const { claim, log, start, snapshot, landing, isShown, claiming, saving, isRefusing } = state;
  const kept = [claim, log, start, landing, isShown, isRefusing, snapshot ?? 0, claiming ?? 0, saving ?? 0];
  const text = JSON.stringify(kept);
  into.uint(text.length);
  for (let at = 0; at < text.length; at++) into.uint(text.charCodeAt(at));
}

function decode(from: Decoder): ShelfState {
  const text = String.fromCharCode(...from.list((each) => each.uint()));
  const [claim, log, start, landing, isShown, isRefusing, snapshot, claiming, saving] = JSON.parse(text);
  return {
    claim,
    log,
    start,
    landing,
    isShown,
    isRefusing,
    snapshot: snapshot === 0 ? undefined : snapshot,
    claiming: claiming === 0 ? undefined : claiming,
    saving: saving === 0 ? undefined : saving,
  };
}
