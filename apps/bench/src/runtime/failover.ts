import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { bulkClass } from '@holdfast/runtime';
import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { percentile } from '../harness/statistics.ts';
import { meter, meteredFrameBytes, meterPort, openPair, type Pair, receiverSlot } from '../ours/pair.ts';
import { stallingLinks } from '../ours/stalling-link.ts';

const framesPerTurn = 16;
/** Between two faults, so that the failed link is up again and steady. */
const calmMs = 60;
/** From a fault to the reading of the gap. */
const watchMs = 90;
const full = { faults: 100, framesMin: 1_000_000 };
const quick = { faults: 12, framesMin: 50_000 };

type Fault = (pair: Pair, driver: string) => void;

/** Send numbered frames all the time, let links fail under way, and see how long nothing arrives. */
async function gaps(pair: Pair, fault: Fault, budget: Budget): Promise<Sample> {
  const { faults, framesMin } = budget.quick ? quick : full;
  const stream = new NumberedStream(pair);
  const sending = stream.run();
  const gapsMs: number[] = [];
  while (gapsMs.length < faults || stream.sent < framesMin) {
    await sleep(calmMs);
    Atomics.store(pair.meter, meter.restart, 1);
    await sleep(2);
    const driver = activeDriver(pair);
    fault(pair, driver);
    await sleep(watchMs);
    gapsMs.push((pair.meter[meter.gapMicroseconds] as number) / 1000);
  }
  stream.stop();
  await sending;
  await stream.settle();
  const { lost, duplicated, reordered, frames } = readMeter(pair);
  const failovers = pair.exchange.diagnostics()[0]?.failovers ?? 0;
  if (failovers < faults / 2) throw new Error(`only ${failovers} failovers for ${gapsMs.length} faults`);
  return {
    value: percentile(gapsMs, 0.99),
    details: {
      'gap p50': percentile(gapsMs, 0.5),
      'frames lost, duplicated or reordered': lost + duplicated + reordered + (stream.sent - frames),
      frames,
      failovers,
    },
  };
}

function readMeter({ meter: words }: Pair) {
  const [frames = 0, lost = 0, duplicated = 0, reordered = 0] = words;
  return { frames, lost, duplicated, reordered };
}

/** The link that carries the session's records now: the one whose count rises. */
function activeDriver({ exchange }: Pair): string {
  const links = exchange.diagnostics()[0]?.links ?? [];
  const active = links.find((link) => link.state === 'up');
  if (active === undefined) throw new Error('no link is up');
  return active.driver;
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
      return await gaps(pair, ({ exchange }, driver) => exchange.killLink(receiverSlot, driver as 'ring'), budget);
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
      return await gaps(pair, (_pair, driver) => faults.stall(driver), budget);
    } finally {
      await pair.close();
    }
  },
};

const flawless = 'frames lost, duplicated or reordered';

export const failover: readonly Question[] = [
  {
    name: 'one of two links killed again and again: gap, p99',
    unit: 'ms',
    better: 'lower',
    ours: reported,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 10 },
      { measure: 'value', detail: flawless, against: [], max: 0 },
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
      { measure: 'value', detail: flawless, against: [], max: 0 },
    ],
    roundsMax: 1,
  },
];
