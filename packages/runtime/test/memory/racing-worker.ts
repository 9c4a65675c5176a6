import { parentPort, workerData } from 'node:worker_threads';
import { Arena, type Extent } from '../../src/memory/arena.ts';
import { LocalPagePool } from '../../src/memory/page-pool.ts';
import { pageBytes } from '../../src/memory/types.ts';

export interface RacingSetup {
  readonly memory: WebAssembly.Memory;
  readonly range: Extent;
  readonly self: number;
  readonly seed: number;
  /** Pairs of words: a page on offer and its generation. */
  readonly offers: SharedArrayBuffer;
  /** Word 0: stop. Word 1 + self: rounds done so far. */
  readonly control: SharedArrayBuffer;
}

/** What one thread saw. `torn`: a held or owned page whose content was not its own. */
export interface RacingReport {
  readonly held: number;
  readonly adopted: number;
  readonly torn: number;
}

const setup = workerData as RacingSetup;
const arena = Arena.open(setup.memory);
const pool = new LocalPagePool({ arena, self: setup.self, incarnation: 1, range: setup.range });
const offers = new Int32Array(setup.offers);
const control = new Int32Array(setup.control);
let random = setup.seed;
const next = (below: number): number => {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((random / 2 ** 32) * below);
};

const owned: { page: number; generation: number }[] = [];
const holding: typeof owned = [];
let held = 0;
let adopted = 0;
let torn = 0;

/** Every word of a page holds the generation it was taken in. */
const stamp = (page: number): void => {
  const at = (page * pageBytes) >> 2;
  arena.words.fill(pool.generation(page) | 0, at, at + pageBytes / 4);
};
const check = (page: number, generation: number): void => {
  const at = ((page * pageBytes) >> 2) + next(pageBytes / 4);
  if (arena.words[at] !== (generation | 0)) torn++;
};

while (Atomics.load(control, 0) === 0) {
  Atomics.add(control, 1 + setup.self, 1);
  const verb = next(6);
  if (verb === 0 && pool.freePages > 2) {
    const page = pool.take();
    stamp(page);
    owned.push({ page, generation: pool.generation(page) });
    // The two words of an offer are written one after the other: a reader may see a page with another's generation.
    const at = 2 * next(offers.length / 2);
    Atomics.store(offers, at, page);
    Atomics.store(offers, at + 1, pool.generation(page) | 0);
  } else if (verb === 1 && owned.length > 0) {
    const [{ page, generation }] = owned.splice(next(owned.length), 1) as [(typeof owned)[number]];
    pool.withdraw(page, 1, generation);
  } else if (verb === 2 && holding.length > 0) {
    const [{ page, generation }] = holding.splice(next(holding.length), 1) as [(typeof holding)[number]];
    check(page, generation);
    pool.release(page, 1);
  } else if (verb >= 3) {
    const at = 2 * next(offers.length / 2);
    const page = Atomics.load(offers, at);
    const generation = Atomics.load(offers, at + 1) >>> 0;
    if (page === 0) continue;
    if (verb === 3 && pool.adopt(page, 1, generation)) {
      adopted++;
      // Still on offer: another thread may adopt it from this one, give it back and see it taken anew. Looking at it
      // takes a hold. A page adopted in another generation than offered would never be withdrawn, and be missed at the end.
      if (pool.hold(page, 1, generation)) {
        check(page, generation);
        pool.release(page, 1);
      }
      owned.push({ page, generation });
    } else if (verb > 3 && holding.length < 8 && pool.hold(page, 1, generation)) {
      held++;
      check(page, generation);
      holding.push({ page, generation });
    }
  }
}
for (const { page, generation } of holding) {
  check(page, generation);
  pool.release(page, 1);
}
for (const { page, generation } of owned) pool.withdraw(page, 1, generation);
parentPort?.postMessage({ held, adopted, torn } satisfies RacingReport);
