import { expect, it } from 'vitest';
import { HeadCluster, heads } from '../support/head-cluster.ts';
import { TestClient } from '../support/nfs-client.ts';
import { Random } from '../support/random.ts';

const turns = Number(process.env.HOLDFAST_TURNS ?? 12);
/** The next turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 2 ** 31);

it(`exclusive ranges never overlap and acknowledged locks never vanish, whoever dies (HOLDFAST_SEED=${seed})`, async () => {
  await using at = await HeadCluster.start({ snapshotRecords: 50 });
  const held = new Map<string, { start: bigint; end: bigint }>();
  let done = 0;
  const work = async (name: string, nth: number): Promise<void> => {
    const random = new Random(seed + nth);
    const client = new TestClient(name, at.nfs.client());
    await client.introduce();
    await client.open('f');
    for (let turn = 0; turn < turns; turn++) {
      const range = { offset: BigInt(random.below(8)), length: BigInt(1 + random.below(3)) };
      const locked = await client.lock({ file: 'f', range });
      done++;
      expect(['OK', 'DENIED']).toContain(locked.status);
      if (locked.status !== 'OK') continue;
      const mine = { start: range.offset, end: range.offset + range.length };
      for (const [other, { start, end }] of held) {
        if (start < mine.end && mine.start < end) throw new Error(`${name} and ${other} hold the same bytes`);
      }
      held.set(name, mine);
      expect(await client.write('f')).toMatchObject({ status: 'OK' });
      const own = (await at.nfs.locks()).find(({ client: id }) => id === client.id);
      expect(own?.ranges).toEqual([{ ...mine, type: 'write' }]);
      held.delete(name);
      expect(await client.unlock({ file: 'f', range })).toMatchObject({ status: 'OK' });
    }
  };
  const names = ['anna', 'ben', 'carl', 'dora'];
  const working = Promise.all(names.map((name, nth) => work(name, nth)));
  let ended = false;
  void working.then(
    () => (ended = true),
    () => (ended = true),
  );
  const random = new Random(seed);
  for (let kill = 1; !ended; kill++) {
    const due = (kill * turns * names.length) / 4;
    while (!ended && done < due) await turn();
    if (!ended) await at.kill(random.below(2) === 0 ? await at.appender() : heads[random.below(heads.length)]!);
  }
  await working;
  expect((await at.nfs.locks()).flatMap(({ ranges }) => ranges)).toEqual([]);
}, 300_000);
