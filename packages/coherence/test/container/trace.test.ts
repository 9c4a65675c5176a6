import '@holdfast/coherence';
import { randomInt } from 'node:crypto';
import { ContainerDefinitionError, defineContainer, NotTracedError } from '@holdfast/coherence';
import { parseScenario, runScenario } from '@holdfast/coherence/scenario';
import { Cluster } from '@holdfast/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Counters, Traced } from './accounts.ts';
import { Clerk } from './clerk-definition.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({ nodes: 4 });
  await cluster.deploy(new URL('./clerk.ts', import.meta.url), { on: 'all' });
}, 60_000);
afterAll(() => cluster.close());

const clerk = (node: number) => cluster.service(Clerk, { node: `n${node}` });
const deeds = ['read', 'add', 'execute', 'remove', 'flush', 'try', 'peek'] as const;

/** Random numbers below a bound, by a seed. */
function randomBy(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('the trace of an object', () => {
  it('runs again as a scenario, and every member ends as it did', async () => {
    const seed = randomInt(2 ** 31);
    const random = randomBy(seed);
    const traced = await cluster.container(Traced);
    for (const key of ['a', 'b', 'c']) {
      const work = [0, 1, 2, 3].map(async (node) => {
        for (let left = 25; left > 0; left--) await clerk(node).traced({ key, does: deeds[random(deeds.length)]! });
      });
      await Promise.all(work);
      const { scenario, isComplete } = await traced.trace(key);
      const report = runScenario(parseScenario(scenario));
      const failures = report.steps.filter(({ passed }) => !passed).map(({ line, failures: why }) => `${line}: ${why}`);
      expect(failures, `seed ${seed}\n${scenario}`).toEqual([]);
      expect({ passed: report.passed, isComplete }, `seed ${seed}`).toEqual({ passed: true, isComplete: true });
      expect(scenario.split('\n').length, `seed ${seed}`).toBeGreaterThan(200);
    }
  });

  it('is only there where the definition asks for it', async () => {
    const counters = await cluster.container(Counters);
    await expect(counters.trace('k')).rejects.toThrow(NotTracedError);
    const options = { key: z.string(), value: z.string(), trace: true };
    expect(() => defineContainer('both', { ...options, backup: 1 })).toThrow(ContainerDefinitionError);
    expect(() => defineContainer('both', { ...options, exclusiveReaders: true })).toThrow(ContainerDefinitionError);
  });
});
