import { describe, expect, it } from 'vitest';
import { runSim, simText } from '../../src/index.ts';
import { seedOfRun } from '../../src/simulator/random.ts';
import { stopAndWaitSimulation, stopAndWaitSuite } from '../support/suites.ts';

describe('runSim', () => {
  it('counts runs, events and every class of faults the suite names', () => {
    const report = runSim(stopAndWaitSuite(), { seed: 11, runs: 100 });
    expect(report).toMatchObject({ kernel: 'stop-and-wait', seed: 11, runs: 100, violations: [], neverReached: [] });
    expect(report.events).toBeGreaterThan(20_000);
    expect(report.messages).toBeGreaterThan(10_000);
    const names = ['drop', 'duplicate', 'reorder', 'corrupt', 'clog', 'cutOneWay', 'cutBothWays', 'pause', 'lateTimer'];
    expect(Object.keys(report.faults).sort()).toEqual(names.sort());
    for (const [name, count] of Object.entries(report.faults)) expect(count, name).toBeGreaterThan(0);
    expect(simText(report)).toContain('no violation');
  });

  it('leaves classes of faults out of some runs', () => {
    const without: Record<string, number> = {};
    const runs = 60;
    runSim(stopAndWaitSuite(), {
      runs,
      onRun: (_, { faults }) => {
        for (const name of ['drop', 'duplicate', 'reorder'] as const)
          without[name] = (without[name] ?? 0) + (faults[name] ? 0 : 1);
      },
    });
    for (const [name, count] of Object.entries(without)) {
      expect(count, name).toBeGreaterThan(runs / 10);
      expect(count, name).toBeLessThan(runs * 0.9);
    }
  });

  it('counts runs that nobody could decide apart, goes on after them, and makes none of them small', () => {
    const told: boolean[] = [];
    const ending = {
      name: 'nothing is left',
      violation: (_: unknown, isShrinking: boolean) =>
        told.push(isShrinking) % 5 === 0 ? undefined : { undecided: 'who knows' },
    };
    const suite = { ...stopAndWaitSuite(), simulation: { ...stopAndWaitSimulation(5), ending } };
    const report = runSim(suite, { seed: 1, runs: 25 });
    expect(report).toMatchObject({ runs: 25, undecidedRuns: 20, violations: [] });
    expect(report.undecided.map(({ run }) => run)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18]);
    expect(report.undecided[4]).toEqual({ run: 5, seed: seedOfRun(1, 5), message: 'who knows' });
    expect(told).toEqual(new Array(25).fill(false));
    expect(simText(report)).toContain(
      `20 runs UNDECIDED; the first of them:\n  UNDECIDED run 0 seed ${seedOfRun(1, 0)}: who knows`,
    );
    const decided = runSim({ ...stopAndWaitSuite(), simulation: stopAndWaitSimulation(5) }, { seed: 1, runs: 25 });
    expect({ digest: report.digest, undecided: decided.undecidedRuns }).toEqual({
      digest: decided.digest,
      undecided: 0,
    });
  });

  it('makes a failing run small with runs that give up early, and tells its story with one that does not', () => {
    const told: boolean[] = [];
    const ending = {
      name: 'nothing is left',
      violation(_: unknown, isShrinking: boolean) {
        told.push(isShrinking);
        return isShrinking && told.length % 2 === 0 ? { undecided: 'who knows' } : 'something is left';
      },
    };
    const suite = { ...stopAndWaitSuite(), simulation: { ...stopAndWaitSimulation(3), ending } };
    const report = runSim(suite, { seed: 1, runs: 3 });
    expect(report).toMatchObject({ undecidedRuns: 0, violations: [{ run: 0, message: 'something is left' }] });
    const aside = told.map((isShrinking, place) => (isShrinking ? -1 : place)).filter((place) => place >= 0);
    // The run itself, the one that lists its choices, and the one that tells.
    expect(aside).toEqual([0, 1, told.length - 1]);
  });

  it('stops after the seconds it was given and says how many runs it made', () => {
    const report = runSim(stopAndWaitSuite(), { runs: 1_000_000, secondsMax: 0.1 });
    expect(report.runs).toBeGreaterThan(0);
    expect(report.runs).toBeLessThan(100_000);
  });
});
