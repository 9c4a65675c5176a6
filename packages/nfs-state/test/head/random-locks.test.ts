import { expect, it } from 'vitest';
import { HeadCluster, heads } from '../support/head-cluster.ts';
import { fileBytes, HeldBytes } from '../support/held-bytes.ts';
import { TestClient } from '../support/nfs-client.ts';
import { Random } from '../support/random.ts';

const operations = Number(process.env.HOLDFAST_OPERATIONS ?? 200);
const kills = Number(process.env.HOLDFAST_KILLS ?? 2);
const clients = Number(process.env.HOLDFAST_CLIENTS ?? 8);
/** Records of one file follow from each other, and cannot share a batch of the log. */
const files = Array.from({ length: 8 }, (_, nth) => `f${nth}`);
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);
/** One in so many operations looks at the tables of a head. */
const looksEvery = 8;
/** The head that knew most may have died as it was asked, and another one be behind: it catches up before that. */
const looksMax = 2000;

/** Operations that were begun, and who waits for so many. */
class Count {
  #done = 0;
  #waiting: { readonly due: number; readonly resolve: () => void } | undefined;

  /** Whether another one is to be begun. */
  next(): boolean {
    if (this.#done++ >= (this.#waiting?.due ?? Number.POSITIVE_INFINITY)) this.end();
    return this.#done <= operations;
  }

  reaches(due: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { due, resolve };
    return promise;
  }

  end(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** One client that does something random to its bytes of files that all share. */
class Locker {
  readonly #at: HeadCluster;
  readonly #name: string;
  readonly #client: TestClient;
  readonly #random: Random;
  readonly #held: ReadonlyMap<string, HeldBytes>;

  constructor(at: HeadCluster, name: string, random: Random, held: ReadonlyMap<string, HeldBytes>) {
    this.#at = at;
    this.#name = name;
    this.#client = new TestClient(name, at.nfs.client());
    this.#random = random;
    this.#held = held;
  }

  async begin(): Promise<void> {
    await this.#client.introduce();
    for (const file of files) await this.#client.open(file);
  }

  async act(): Promise<void> {
    const random = this.#random;
    const file = files[random.below(files.length)]!;
    const from = random.below(fileBytes - 1);
    const to = Math.min(fileBytes, from + 1 + random.below(4));
    if (random.below(looksEvery) === 0) await this.look();
    else if (random.below(5) < 2) await this.#unlock(file, from, to);
    else await this.#lock(file, from, to, random.below(3) === 0 ? 'read' : 'write');
  }

  async look(): Promise<void> {
    let differs: string | undefined;
    for (let tries = 0; tries < looksMax; tries++) {
      const own = (await this.#at.nfs.locks()).filter(({ client }) => client === this.#client.id);
      differs = undefined;
      for (const [file, held] of this.#held) {
        differs ??= held.differs(
          this.#name,
          own.find((locks) => locks.file === file),
        );
      }
      if (differs === undefined) return;
    }
    throw new Error(`${this.#name}: ${differs}`);
  }

  async #lock(file: string, from: number, to: number, lockType: 'read' | 'write'): Promise<void> {
    const held = this.#held.get(file)!;
    const before = held.weaken(this.#name, from, to, lockType);
    const { status } = await this.#client.lock({ file, range: rangeOf(from, to), lockType });
    expect(['OK', 'DENIED']).toContain(status);
    if (status === 'OK') held.grant(this.#name, from, to, lockType);
    else held.restore(this.#name, before);
  }

  async #unlock(file: string, from: number, to: number): Promise<void> {
    this.#held.get(file)!.weaken(this.#name, from, to, undefined);
    expect(await this.#client.unlock({ file, range: rangeOf(from, to) })).toMatchObject({ status: 'OK' });
  }

  async end(): Promise<void> {
    await this.look();
    for (const file of files) await this.#unlock(file, 0, fileBytes);
  }
}

const rangeOf = (from: number, to: number): { offset: bigint; length: bigint } => ({
  offset: BigInt(from),
  length: BigInt(to - from),
});

const load = `${operations} operations of ${clients} clients, ${kills} kills`;

it(`exclusive bytes never overlap and acknowledged locks never vanish, whoever dies (${load}, HOLDFAST_SEED=${seed})`, async () => {
  await using at = await HeadCluster.start({ snapshotRecords: Math.max(50, Math.floor(operations / 20)) });
  const held = new Map(files.map((file) => [file, new HeldBytes()]));
  const lockers = Array.from({ length: clients }, (_, nth) => new Locker(at, `c${nth}`, new Random(seed + nth), held));
  const count = new Count();
  const work = async (locker: Locker): Promise<void> => {
    await locker.begin();
    while (count.next()) await locker.act();
    await locker.end();
  };
  const working = Promise.all(lockers.map(work));
  let ended = false;
  const end = (): void => {
    ended = true;
    count.end();
  };
  void working.then(end, end);
  const random = new Random(seed);
  for (let kill = 1; kill <= kills && !ended; kill++) {
    await count.reaches((kill * operations) / (kills + 1));
    if (!ended)
      await at.killAmongOthers(random.below(2) === 0 ? await at.appender() : heads[random.below(heads.length)]!);
  }
  await working;
  expect((await at.nfs.locks()).flatMap(({ ranges }) => ranges)).toEqual([]);
}, 3_600_000);
