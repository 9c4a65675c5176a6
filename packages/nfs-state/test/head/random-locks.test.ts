import { expect, it } from 'vitest';
import { HeadCluster, heads } from '../support/head-cluster.ts';
import { fileBytes, HeldBytes } from '../support/held-bytes.ts';
import { TestClient } from '../support/nfs-client.ts';
import { Random } from '../support/random.ts';

const operations = Number(process.env.HOLDFAST_OPERATIONS ?? 200);
const kills = Number(process.env.HOLDFAST_KILLS ?? 2);
const clients = Number(process.env.HOLDFAST_CLIENTS ?? 8);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
/** One in so many operations looks at the tables of a head. */
const looksEvery = 8;
/** The head that knew most may have died as it was asked, and another one be behind: it catches up before that. */
const looksMax = 2000;

/** The next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One client that does something random to its bytes of the file that all share. */
class Locker {
  readonly #at: HeadCluster;
  readonly #name: string;
  readonly #client: TestClient;
  readonly #random: Random;
  readonly #held: HeldBytes;

  constructor(at: HeadCluster, name: string, random: Random, held: HeldBytes) {
    this.#at = at;
    this.#name = name;
    this.#client = new TestClient(name, at.nfs.client());
    this.#random = random;
    this.#held = held;
  }

  async begin(): Promise<void> {
    await this.#client.introduce();
    await this.#client.open('f');
  }

  async act(): Promise<void> {
    const random = this.#random;
    const from = random.below(fileBytes - 1);
    const to = Math.min(fileBytes, from + 1 + random.below(4));
    if (random.below(looksEvery) === 0) await this.look();
    else if (random.below(5) < 2) await this.#unlock(from, to);
    else await this.#lock(from, to, random.below(3) === 0 ? 'read' : 'write');
  }

  async look(): Promise<void> {
    let differs: string | undefined;
    for (let tries = 0; tries < looksMax; tries++) {
      const locks = (await this.#at.nfs.locks()).find(({ client }) => client === this.#client.id);
      differs = this.#held.differs(this.#name, locks);
      if (differs === undefined) return;
    }
    throw new Error(`${this.#name}: ${differs}`);
  }

  async #lock(from: number, to: number, lockType: 'read' | 'write'): Promise<void> {
    const before = this.#held.weaken(this.#name, from, to, lockType);
    const { status } = await this.#client.lock({ file: 'f', range: rangeOf(from, to), lockType });
    expect(['OK', 'DENIED']).toContain(status);
    if (status === 'OK') this.#held.grant(this.#name, from, to, lockType);
    else this.#held.restore(this.#name, before);
  }

  async #unlock(from: number, to: number): Promise<void> {
    this.#held.weaken(this.#name, from, to, undefined);
    expect(await this.#client.unlock({ file: 'f', range: rangeOf(from, to) })).toMatchObject({ status: 'OK' });
  }

  async end(): Promise<void> {
    await this.look();
    await this.#unlock(0, fileBytes);
  }
}

const rangeOf = (from: number, to: number): { offset: bigint; length: bigint } => ({
  offset: BigInt(from),
  length: BigInt(to - from),
});

it(`exclusive bytes never overlap and acknowledged locks never vanish, whoever dies (HOLDFAST_SEED=${seed})`, async () => {
  await using at = await HeadCluster.start({ snapshotRecords: Math.max(50, Math.floor(operations / 20)) });
  const held = new HeldBytes();
  const lockers = Array.from({ length: clients }, (_, nth) => new Locker(at, `c${nth}`, new Random(seed + nth), held));
  let done = 0;
  const work = async (locker: Locker): Promise<void> => {
    await locker.begin();
    while (done++ < operations) await locker.act();
    await locker.end();
  };
  const working = Promise.all(lockers.map(work));
  let ended = false;
  void working.then(
    () => (ended = true),
    () => (ended = true),
  );
  const random = new Random(seed);
  for (let kill = 1; kill <= kills && !ended; kill++) {
    const due = (kill * operations) / (kills + 1);
    while (!ended && done < due) await turn();
    if (!ended) await at.kill(random.below(2) === 0 ? await at.appender() : heads[random.below(heads.length)]!);
  }
  await working;
  expect((await at.nfs.locks()).flatMap(({ ranges }) => ranges)).toEqual([]);
}, 1_800_000);
