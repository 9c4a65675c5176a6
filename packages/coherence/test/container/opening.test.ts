import { openOnMember } from '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Accounts, Counters } from './accounts.ts';

let cluster: Cluster;
const errors: string[] = [];
beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 2 });
  cluster.events$.subscribe((event) => {
    if (event.type === 'log') errors.push(JSON.stringify(event));
  });
});
afterAll(() => cluster.close());

it('a container that the nodes have no manager for is not opened, and is once they have', async () => {
  const alone = openOnMember(cluster.main, Accounts, { timeoutMs: 50 });
  await expect(alone).rejects.toMatchObject({ code: 'HF_COHERENCE_DOWN', retryable: true });
  const accounts = await cluster.container(Accounts);
  await accounts.set('a', { n: 1, tags: [] });
  expect((await accounts.read('a'))?.n).toBe(1);
});

it('messages about a container that nobody knows, and what is no message at all, are refused and change nothing', async () => {
  const accounts = await cluster.container(Accounts);
  const { exchange } = cluster.main;
  const coherence = { port: 4, trafficClass: 1 } as const;
  const objectFrames = [2, 3];
  for (const kind of [...objectFrames, 4, 5, 6, 7]) {
    for (const rest of [[], [1, 2, 3], [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 16], new Array(40).fill(0)]) {
      const frame = Uint8Array.from([kind, ...rest]);
      const space = exchange.begin(0, coherence.trafficClass, coherence.port, frame.length)!;
      space.bytes.set(frame, space.start);
      exchange.commit(frame.length);
    }
  }
  exchange.flush();
  expect((await accounts.read('a'))?.n).toBe(1);
  await accounts.grab('a', (draft) => {
    if (draft !== undefined) draft.n = 2;
  });
  const counters = await cluster.container(Counters);
  expect((await counters.read('x')).n).toBe(0);
  expect((await accounts.inspect('a')).owner).toBe('n0');
});
