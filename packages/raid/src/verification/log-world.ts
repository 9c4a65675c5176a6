import { type EffectSink, handled, type Kernel } from '@holdfast/kernel';
import {
  always,
  badBlock,
  canFinish,
  emptyBlock,
  type FaultBudget,
  monitor,
  part,
  quiescent,
  sometimes,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import type {
  BatchBody,
  BatchHead,
  Checkpoint,
  Content,
  DriveContents,
  LogEvent,
  LogOp,
  LogRequest,
  LogRules,
  LogState,
  LogSuperblock,
  Place,
} from '../kernel/log-state.ts';
import { logRules } from '../kernel/log-state.ts';
import { logStore } from '../kernel/log-store.ts';
import { hashText, Numbered } from './numbered.ts';

/** One drive, one log, some entries to append. */
export interface LogScenario {
  readonly name: string;
  readonly appends: number;
  readonly ringBatches: number;
  readonly faults: FaultBudget;
}

const entriesPerBatchMax = 2;
/** A bit of the image beyond those of entries. */
const appliedTwice = 2 ** 20;

const logPart = 0;
const sectorPart = 1;

const addresses: Readonly<Record<Place['area'], number>> = { superblock: 1, checkpoint: 3, head: 8, body: 16 };
const addressOf = ({ area, slot }: Place): number => addresses[area] + slot;
const addressesEnd = 24;

const contents = new Numbered<Content>();
/** What a formatted drive holds before anything is appended. */
const formatted: Readonly<Record<number, Content>> = {
  [addressOf({ area: 'superblock', slot: 0 })]: { generation: 0, tail: 1, chain: 0 },
  [addressOf({ area: 'checkpoint', slot: 0 })]: { generation: 0, image: 0 },
};

function contentAt(blocks: readonly number[], address: number): Content | undefined {
  const number = blocks[address] ?? emptyBlock;
  if (number === badBlock) return undefined;
  return number === emptyBlock ? formatted[address] : contents.value(number);
}

function driveContents(blocks: readonly number[], ringBatches: number): DriveContents {
  const area = <Kind>(name: Place['area'], slots: number) =>
    Array.from({ length: slots }, (_, slot) => contentAt(blocks, addressOf({ area: name, slot })) as Kind | undefined);
  return {
    superblocks: area<LogSuperblock>('superblock', 2),
    checkpoints: area<Checkpoint>('checkpoint', 2),
    heads: area<BatchHead>('head', ringBatches),
    bodies: area<BatchBody>('body', ringBatches),
  };
}

type SectorEvent =
  | { readonly type: 'request'; readonly request: LogRequest }
  | { readonly type: 'ended'; readonly event: LogEvent };
const ops: readonly (LogOp | 'read')[] = ['read', 'batch', 'checkpoint'];

/** Writes what the log asks for as sectors of the disk of its node. */
const sectors: Kernel<undefined, SectorEvent, undefined, never, never, LogEvent> = {
  name: 'sectors',
  table: { any: { request: handled, ended: handled } },
  initial: () => undefined,
  row: () => 'any',
  column: (event) => event.type,
  step(_, asked, __, out: EffectSink<never, never, LogEvent>) {
    if (asked.type === 'ended') {
      out.deliver(asked.event);
      return;
    }
    const { request } = asked;
    if (request.type === 'read') out.diskRead(ops.indexOf('read'), 0, addressesEnd);
    else if (request.type === 'flush') out.diskFlush(ops.indexOf(request.op));
    else out.diskWrite(ops.indexOf(request.op), addressOf(request.place), contents.number(request.content));
  },
  encode: () => undefined,
  decode: () => undefined,
};

interface Appends {
  /** Bits of entries: appended, and answered. */
  issued: number;
  answered: number;
  /** Entries found when a log was opened: durable, though perhaps not answered. */
  found: number;
  life: number;
  /** The life of each entry, in the order of appending. */
  lives: number[];
}

const appends = monitor<Appends>({
  name: 'appends',
  watches: ['call', 'reply', 'start', 'trace'],
  initial: () => ({ issued: 0, answered: 0, found: 0, life: 0, lives: [] }),
  observe(state, seen) {
    if (seen.kind === 'start') state.life = seen.number;
    else if (seen.kind === 'reply') state.answered |= 1 << seen.number;
    else if (seen.kind === 'trace') state.found |= seen.value === 'opened' ? seen.number : 0;
    else {
      state.issued |= 1 << state.lives.length;
      state.lives.push(state.life);
    }
  },
  encode({ issued, answered, found, life, lives }, into) {
    into.uint(issued);
    into.uint(answered);
    into.uint(found);
    into.uint(life);
    into.list(lives, (each, to) => to.uint(each));
  },
  decode: (from) => ({
    issued: from.uint(),
    answered: from.uint(),
    found: from.uint(),
    life: from.uint(),
    lives: from.list((each) => each.uint()),
  }),
});

export const logOf = (view: WorldView): LogState => view.state<LogState>(0, logPart);

/** What is wrong with the image of an open log: bits of the entries in it. */
function wrongImage(view: WorldView, rotten: boolean): string | undefined {
  const { phase, image } = logOf(view);
  const { issued, answered, lives } = view.monitor<Appends>(0);
  if (!view.up(0) || phase !== 'open') return undefined;
  if ((image & appliedTwice) !== 0) return 'an entry was applied twice';
  if ((image & ~issued) !== 0) return 'the log holds an entry that was never appended';
  const lost = answered & ~image;
  if (lost !== 0 && !(rotten && isLastBatch(lost, image, lives)))
    return `entries ${lost.toString(2)} were answered and are not in ${image.toString(2)}`;
  for (const [earlier, life] of lives.entries()) {
    for (let later = earlier + 1; later < lives.length; later++) {
      const outOfOrder = ((image >>> later) & 1) === 1 && ((image >>> earlier) & 1) === 0;
      if (lives[later] === life && outOfOrder) return `entry ${later} is in the log without ${earlier} before it`;
    }
  }
  return undefined;
}

/** The last batch of a life, once rotten, cannot be told from a torn end by this drive alone. */
function isLastBatch(lost: number, image: number, lives: readonly number[]): boolean {
  const entries = Array.from(lives.keys()).filter((entry) => ((lost >>> entry) & 1) === 1);
  const isLast = (entry: number) =>
    lives.every((life, later) => later <= entry || life !== lives[entry] || ((image >>> later) & 1) === 0);
  return entries.length <= entriesPerBatchMax && entries.every(isLast);
}

/** Law L3: what a checkpoint holds had been durable in the log. */
function wrongCheckpoint(view: WorldView): string | undefined {
  const { answered, found } = view.monitor<Appends>(0);
  for (const slot of [0, 1]) {
    const checkpoint = contents.value(view.block(0, addressOf({ area: 'checkpoint', slot })));
    if (checkpoint === undefined || !('image' in checkpoint)) continue;
    if ((checkpoint.image & ~(answered | found)) !== 0) return 'a checkpoint holds an entry that the log never held';
  }
  return undefined;
}

export function logWorld(scenario: LogScenario, rules: LogRules = logRules): WorldSpec {
  const { name, appends: count, ringBatches, faults } = scenario;
  const rotten = (faults.rot ?? 0) > 0;
  const log = part({
    name: 'log',
    kernel: logStore,
    env: () => ({
      ringBatches,
      entriesPerBatchMax,
      fold: (image: number, entry: number) =>
        ((image >>> entry) & 1) === 1 ? image | appliedTwice : image | (1 << entry),
      checksum: (head: object, body: object) => hashText(JSON.stringify([head, body])),
      rules,
    }),
    start: (): LogEvent => ({ type: 'start' }),
    above: (request) => ({ part: sectorPart, event: { type: 'request', request } }),
  });
  const disk = part({
    name: 'sectors',
    kernel: sectors,
    env: () => undefined,
    disk(at, { kind, blocks }): SectorEvent {
      const op = ops[at] as LogOp;
      if (kind !== 'read') return { type: 'ended', event: { type: kind === 'write' ? 'written' : 'flushed', op } };
      return { type: 'ended', event: { type: 'contents', contents: driveContents(blocks, ringBatches) } };
    },
    above: (event) => ({ part: logPart, event }),
  });
  return {
    name,
    nodes: [{ name: 'drive', parts: [log, disk] }],
    links: [],
    calls: [
      {
        label: 'append',
        node: 0,
        part: logPart,
        times: count,
        event: (nth): LogEvent => ({ type: 'append', call: nth, entry: nth }),
        when: (view) => view.up(0) && logOf(view).phase === 'open',
      },
    ],
    faults,
    monitors: [appends],
    properties: [
      always('a checkpoint holds what the log held', wrongCheckpoint),
      always('an open log holds what was answered, in order', (view) => wrongImage(view, rotten)),
      ...(rotten
        ? [sometimes<WorldView>('damage is noticed', (view) => logOf(view).phase === 'damaged')]
        : [
            always<WorldView>('no damage is seen', (view) =>
              logOf(view).phase === 'damaged' ? 'there is none' : undefined,
            ),
          ]),
      sometimes('the ring wraps', (view) => logOf(view).head > ringBatches + 1),
      quiescent('nothing is left undone', (view) => {
        const { phase, queue, batch, checkpoint } = logOf(view);
        const open = queue.length > 0 || batch !== undefined || checkpoint !== undefined;
        return view.up(0) && phase === 'open' && open ? 'something waits for nothing' : undefined;
      }),
      canFinish('the drive opens', (view) => view.up(0) && logOf(view).phase !== 'reading'),
    ],
    final: () => true,
  };
}

export const logScenarios = {
  stops: { name: 'log: 5 appends, two stops', appends: 5, ringBatches: 3, faults: { crash: 2, restart: 2, torn: 2 } },
  long: {
    name: 'log: 7 appends, a ring of 2, one stop',
    appends: 7,
    ringBatches: 2,
    faults: { crash: 1, restart: 1, torn: 1 },
  },
  rot: { name: 'log: 4 appends, rot, one stop', appends: 4, ringBatches: 3, faults: { crash: 1, restart: 1, rot: 1 } },
} as const satisfies Record<string, LogScenario>;
