import { describe, expect, it } from 'vitest';
import { type Cluster, HoldfastError } from '../../src/index.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { startCluster } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);
const names = ['n0', 'n1', 'n2'];

/** A linear congruential generator: the same choices for the same seed. */
function chooser(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** Call a node again and again until told to stop; how often each outcome came. */
function keepCalling(cluster: Cluster, node: string) {
  const outcomes = new Map<string, number>();
  const service = cluster.service(Mischief, { node, timeoutMs: 20_000 });
  let stopping = false;
  const calling = (async () => {
    while (!stopping) {
      const outcome = await service.whoami().then(
        () => 'answered',
        (error: unknown) => (error instanceof HoldfastError ? error.code : String(error)),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (outcome !== 'answered') await new Promise(setImmediate);
    }
  })();
  const stop = async () => {
    stopping = true;
    await calling;
    return outcomes;
  };
  return { stop };
}

async function makeFaults(cluster: Cluster, choose: (below: number) => number, count: number): Promise<void> {
  for (let fault = 0; fault < count; fault += 1) {
    const node = names[choose(3)] ?? 'n0';
    const other = choose(2) === 0 ? 'main' : (names[(names.indexOf(node) + 1) % 3] ?? 'n0');
    const verbs = [
      () => cluster.kill(node),
      () => cluster.pause(node),
      () => Promise.all(names.map((name) => cluster.resume(name))),
      () => cluster.partition([node], [other], { oneWay: choose(2) === 0 }),
      () => cluster.heal(),
    ];
    await verbs[choose(verbs.length)]?.().catch((error: unknown) => {
      // Killing and pausing what is down, or dies meanwhile, is refused; nothing else is.
      if (!(error instanceof HoldfastError) || error.code !== 'HF_NODE_DOWN') throw error;
    });
  }
}

describe('a cluster under random faults', () => {
  it('settles every call by its answer or by the death of the node, and is whole again when the faults end', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    const cluster = await startCluster({ nodes: 3, restart: { max: 1000, within: '1h' } });
    await cluster.deploy(module, { on: 'all' });
    const callers = names.map((name) => keepCalling(cluster, name));
    await makeFaults(cluster, chooser(seed), 100);
    await Promise.all(names.map((name) => cluster.resume(name)));
    await cluster.heal();
    for (const node of names) {
      const service = cluster.service(Mischief, { node });
      const answer = async () =>
        service.whoami().then(
          ({ name }) => name,
          (error: HoldfastError) => error.code,
        );
      await expect.poll(answer, { timeout: 30_000, message: `SEED=${seed}` }).toBe(node);
    }
    const outcomes = await Promise.all(callers.map((caller) => caller.stop()));
    for (const counts of outcomes) {
      expect(counts.get('answered'), `SEED=${seed}`).toBeGreaterThan(0);
      const others = [...counts.keys()].filter((outcome) => outcome !== 'answered');
      for (const other of others) expect(['HF_NODE_DOWN', 'HF_UNKNOWN_SERVICE'], `SEED=${seed}`).toContain(other);
    }
  }, 120_000);
});
