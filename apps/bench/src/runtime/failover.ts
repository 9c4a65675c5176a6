import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { bulkClass } from '@holdfast/runtime';
import { type DriverName, driverNames } from '@holdfast/runtime/internals';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { percentile } from '../harness/statistics.ts';
import { meter, meteredFrameBytes, meterPort, openPair, type Pair, receiverSlot } from '../ours/pair.ts';
import { stallingLinks } from '../ours/stalling-link.ts';

const framesPerTurn = 16;
/** From the meter's restart to the fault, and from the fault to the reading: the failed link is up again by then. */
const settleMs = 5;
const watchMs = 95;
const failoverMsMax = 10_000;
const full = { faults: 100, framesMin: 1_000_000 };
const quick = { faults: 12, framesMin: 50_000 };

interface Fault {
  readonly strike: (pair: Pair, driver: DriverName) => void;
  /** Undo a fault that nobody noticed. */
  readonly heal: (driver: DriverName) => void;
}

const flawless = 'frames lost, duplicated or reordered';

/** Send numbered frames all the time, let links fail under way, and see how long nothing arrives. */
async function gaps(pair: Pair, fault: Fault, budget: Budget): Promise<Sample> {
  const { faults, framesMin } = budget.quick ? quick : full;
  const carrier = new Carrier(pair);
  const stream = new NumberedStream(pair);
  const sending = stream.run();
  const calmGapsMs: number[] = [];
  const gapsMs: number[] = [];
  let unnoticed = 0;
  while (gapsMs.length < faults || stream.sent < framesMin) {
    calmGapsMs.push(await longestGapMs(pair, async () => {}));
    let struck: DriverName = carrier.driver;
    carrier.downs.clear();
    const gapMs = await longestGapMs(pair, async () => {
      const moved = carrier.nextFailover();
      struck = carrier.driver;
      fault.strike(pair, struck);
      await moved;
    });
    if (carrier.downs.has(struck)) {
      gapsMs.push(gapMs);
      continue;
    }
    // The records went back to the preferred link at that very moment: the fault is one of a link that carries nothing.
    // Left there, it would make the next fault one of both links.
    fault.heal(struck);
    unnoticed++;
  }
  stream.stop();
  await sending;
  await stream.settle();
  const { lost, duplicated, reordered, frames } = readMeter(pair);
  return {
    value: percentile(gapsMs, 0.99),
    details: {
      'gap p50': percentile(gapsMs, 0.5),
      'gap without a fault, p50': percentile(calmGapsMs, 0.5),
      'gap without a fault, p99': percentile(calmGapsMs, 0.99),
      // On a machine with other work the scheduler makes gaps by itself: this is what the fault added to them.
      'beyond the gap without a fault, p50': percentile(gapsMs, 0.5) - percentile(calmGapsMs, 0.5),
      'beyond the gap without a fault, p99': percentile(gapsMs, 0.99) - percentile(calmGapsMs, 0.99),
      [flawless]: lost + duplicated + reordered + (stream.sent - frames),
      lost,
      duplicated,
      reordered,
      'not arrived at the end': stream.sent - frames,
      frames,
      failovers: carrier.failovers,
      'faults of a link that no longer carried': unnoticed,
    },
  };
}

/** The longest time without a frame in the time after `event`. */
async function longestGapMs({ meter: words }: Pair, event: () => Promise<void>): Promise<number> {
  Atomics.store(words, meter.restart, 1);
  await sleep(settleMs);
  await event();
  await sleep(watchMs);
  return Atomics.load(words, meter.gapMicroseconds) / 1000;
}

function readMeter({ meter: words }: Pair) {
  const [frames = 0, lost = 0, duplicated = 0, reordered = 0] = words;
  return { frames, lost, duplicated, reordered };
}

/** Follows which link carries the session's records. */
class Carrier {
  driver: DriverName = 'ring';
  failovers = 0;
  /** Links that were taken down since this was cleared. */
  readonly downs = new Set<DriverName>();
  #moved = () => {};

  constructor({ exchange }: Pair) {
    exchange.listen({
      onLinkDown: (_peer, driver) => this.downs.add(driver),
      onFailover: (_peer, _from, to) => {
        this.failovers++;
        const driver = driverNames.find((name) => name === to);
        if (driver !== undefined) this.driver = driver;
        this.#moved();
      },
    });
  }

  /** Resolves when the records go over another link. */
  async nextFailover(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no failover in ${failoverMsMax} ms`)), failoverMsMax);
    this.#moved = resolve;
    await promise;
    clearTimeout(timer);
  }
}

class NumberedStream {
  readonly #pair: Pair;
  #running = true;
  sent = 0;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  async run(): Promise<void> {
    const { exchange } = this.#pair;
    while (this.#running) {
      for (let frame = 0; frame < framesPerTurn; frame++) {
        const space = exchange.begin(receiverSlot, bulkClass, meterPort, meteredFrameBytes);
        if (space === undefined) break;
        space.view.setUint32(space.start, ++this.sent, true);
        exchange.commit(meteredFrameBytes);
      }
      exchange.flush();
      await nextTurn();
    }
  }

  stop(): void {
    this.#running = false;
  }

  async settle(): Promise<void> {
    const untilMs = performance.now() + 5000;
    while ((this.#pair.meter[meter.frames] as number) < this.sent && performance.now() < untilMs) await sleep(5);
  }
}

const reported: Contender = {
  name: 'ours',
  round: async (budget) => {
    const pair = await openPair();
    try {
      const strike: Fault['strike'] = ({ exchange }, driver) => exchange.killLink(receiverSlot, driver);
      return await gaps(pair, { strike, heal: () => {} }, budget);
    } finally {
      await pair.close();
    }
  },
};

const silent: Contender = {
  name: 'ours',
  round: async (budget) => {
    const { makeLink, faults } = stallingLinks();
    const pair = await openPair(makeLink);
    try {
      const strike: Fault['strike'] = (_pair, driver) => faults.stall(driver);
      return await gaps(pair, { strike, heal: (driver) => faults.release(driver) }, budget);
    } finally {
      await pair.close();
    }
  },
};

export const failover: readonly Question[] = [
  {
    name: 'one of two links killed again and again: gap, p99',
    unit: 'ms',
    better: 'lower',
    ours: reported,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 10 },
      { measure: 'value', detail: flawless, unit: 'frames', against: [], max: 0 },
    ],
    roundsMax: 1,
  },
  {
    name: 'one of two links falls silent: detection and gap, p99',
    unit: 'ms',
    better: 'lower',
    ours: silent,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 50 },
      { measure: 'value', detail: flawless, unit: 'frames', against: [], max: 0 },
    ],
    roundsMax: 1,
  },
];
