import {
  exploreMutant,
  exploreText,
  runExplore,
  runSim,
  simText,
  type VerificationSuite,
  worldModel,
} from '@holdfast/simulation';
import { describe, expect, it } from 'vitest';
import { sessionRules } from '../../src/kernel/session-rules.ts';
import { connectionSuite, sessionSuite } from '../../src/verification/index.ts';
import { sessionMutants } from '../../src/verification/session-mutants.ts';

/** The configurations of a suite that are small enough for every run of the tests; `explore` walks all of them. */
const quick: ReadonlyMap<VerificationSuite, readonly string[]> = new Map([
  [
    sessionSuite,
    [
      'a lost frame and a link fault',
      'a link suspected twice while a frame is lost',
      'calls in every phase',
      'a link that was not agreed on, and a restart',
      'links that never come back',
      'a link that keeps failing',
      'sequence numbers used up',
    ],
  ],
  [
    connectionSuite,
    [
      'both open at once while an operation is lost',
      'a retained session is closed',
      'a session that ends by itself',
      'no version in common',
      'a common version after an upgrade',
      'no link in common',
    ],
  ],
]);

/** Seeded bugs whose trace is long, so that much is walked before they are caught; `explore` catches them too. */
const slowMutants = new Set([
  'never tells the peer of a fence',
  'tells the peer of a fence only once',
  'drops the requeue',
  'does not answer stragglers',
  'goes on with the old endpoint after a session',
  'reuses the endpoint of the life before',
  'does not wait for the ports of the peer',
  'does not look whether the peer still has the session',
  'speaks its own newest version',
  'grants its own need whatever the peer needs',
]);

describe.each([...quick])('the $kernel suite', (suite, names) => {
  it.each(names)('proves: %s', (configuration) => {
    const report = runExplore(suite, { configuration, skipMutants: true });
    const [entry] = report.entries;
    expect(entry, exploreText(report)).toMatchObject({ fixpoint: true, violations: [], deadlocks: 0 });
    expect(report.cells.contradicted).toEqual([]);
  });

  it.each(suite.mutants.filter(({ name }) => !slowMutants.has(name)))('catches: $name', (mutant) => {
    const outcome = exploreMutant(worldModel({ ...mutant.world, name: mutant.name }));
    expect(outcome.killed).toBe(true);
    expect(outcome.violation?.steps.length).toBeGreaterThan(0);
  });

  it('has seeded bugs enough', () => {
    expect(suite.mutants.length).toBeGreaterThanOrEqual(10);
  });

  it('survives simulated faults, the same way twice', () => {
    const options = { seed: 11, runs: 25 };
    const report = runSim(suite, options);
    expect(report.violations, simText(report)).toEqual([]);
    expect(report.messages).toBeGreaterThan(5000);
    expect(report.faults.crash).toBeGreaterThan(0);
    expect(runSim(suite, options).digest).toBe(report.digest);
  });
});

describe('the simulation', () => {
  it('catches a session that delivers duplicates', () => {
    const report = runSim(withRules({ isNext: (expected, { sequence }) => sequence <= expected }), {
      seed: 3,
      runs: 20,
    });
    expect(report.violations).toHaveLength(1);
  });

  it('catches a session that acknowledges before delivery', () => {
    const report = runSim(withRules({ acknowledges: (expected) => expected + 1 }), { seed: 3, runs: 20 });
    expect(report.violations).toHaveLength(1);
  });
});

/** The session's simulation with some rules replaced in the session kernels of both members. */
function withRules(changes: Partial<typeof sessionRules>): VerificationSuite {
  const { simulation } = sessionSuite;
  const nodes = simulation.world.nodes.map((node) => ({
    ...node,
    parts: node.parts.map((part) => {
      if (part.kernel.name !== 'session') return part;
      const env = (incarnation: number): unknown => {
        const production = part.env(incarnation) as object;
        return { ...production, rules: { ...sessionRules, ...changes } };
      };
      return { ...part, env };
    }),
  }));
  return { ...sessionSuite, simulation: { ...simulation, world: { ...simulation.world, nodes } } };
}

describe('seeded bugs', () => {
  it('are named once each', () => {
    const names = sessionMutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
