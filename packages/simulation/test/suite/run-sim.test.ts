import { describe, expect, it } from 'vitest';
import { runSim, simText } from '../../src/index.ts';
import { stopAndWaitSuite } from '../support/suites.ts';

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

  it('stops after the seconds it was given and says how many runs it made', () => {
    const report = runSim(stopAndWaitSuite(), { runs: 1_000_000, secondsMax: 0.1 });
    expect(report.runs).toBeGreaterThan(0);
    expect(report.runs).toBeLessThan(100_000);
  });
});
