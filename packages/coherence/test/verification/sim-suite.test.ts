import { CellLog, Choices, checkHistory, historyText, runSim, simulate } from '@holdfast/simulation';
import { describe, expect, test } from 'vitest';
import { coherenceSuite } from '../../src/verification/coherence-suite.ts';
import { lostAnswer, type ObjectOperation, objectModel } from '../../src/verification/sim-history.ts';
import { simulatedMutants, stackedClusters } from '../../src/verification/sim-suite.ts';
import { stackedSimulation } from '../../src/verification/sim-world.ts';

describe('containers over sessions over failing links', () => {
  test('stay coherent, serve every call and give linearizable histories, by seed', () => {
    const report = runSim(coherenceSuite, { seed: 11, runs: 22 });
    expect(report.violations).toEqual([]);
    expect(report.faults.linkDown).toBeGreaterThan(0);
    expect(report.faults.drop).toBeGreaterThan(0);
    expect(report.faults.crash).toBeGreaterThan(0);
    expect(report.faults.restart).toBeGreaterThan(0);
    expect(runSim(coherenceSuite, { seed: 11, runs: 22 }).digest).toBe(report.digest);
  });

  test('run on 3 to 8 nodes', () => {
    const nodes = stackedClusters.map((cluster) => cluster.nodes);
    expect([Math.min(...nodes), Math.max(...nodes)]).toEqual([3, 8]);
  });
});

describe('a seeded bug below or in the containers', () => {
  test.each(simulatedMutants)('is caught by what becomes of the objects: $name', ({ simulation }) => {
    let caught = 0;
    for (let seed = 1; seed <= 60 && caught === 0; seed++) {
      const { violation } = simulate(simulation, Choices.fromSeed(seed), new CellLog());
      // An exception is no proof: a property must say what is wrong.
      if (violation !== undefined && violation.kind !== 'error') caught++;
    }
    expect(caught).toBe(1);
  });

  test('is caught at once where the order of messages itself is looked at', () => {
    const simulation = stackedSimulation({ ...stackedClusters[0]!, lineMistake: 'repeats' });
    const messages = Array.from({ length: 10 }, (_, index) => {
      return simulate(simulation, Choices.fromSeed(index + 1), new CellLog()).violation?.message;
    });
    expect(messages.find((message) => message?.includes('heard from'))).toBeDefined();
  });

  test('is shrunk and replayed', () => {
    const simulation = stackedSimulation({ ...stackedClusters[0]!, objectRules: { isComplete: () => true } });
    const suite = { ...coherenceSuite, simulation, furtherSimulations: [] };
    const [failure] = runSim(suite, { seed: 1, runs: 5 }).violations;
    expect(failure?.shrunk.after).toBeLessThanOrEqual(12);
    const replay = JSON.parse(JSON.stringify(failure?.replay));
    expect(runSim(suite, { replay }).violations[0]).toMatchObject({ message: failure?.message });
  });
});

describe('the object that histories are held against', () => {
  const call = (invoked: number, at: number, made: ObjectOperation['call'], result: number): ObjectOperation => ({
    key: 0,
    process: 'a',
    invoked,
    call: made,
    end: { outcome: 'answered', at, result },
  });

  test('is absent, is created blank by the first touch, is written, and is absent again when removed', () => {
    const history = [
      call(0, 1, { type: 'see', touched: false }, -1),
      call(2, 3, { type: 'see', touched: true }, 0),
      call(4, 5, { type: 'write', value: 7 }, 0),
      call(6, 7, { type: 'see', touched: true }, 7),
      call(8, 9, { type: 'remove' }, 1),
      call(10, 11, { type: 'remove' }, 0),
    ];
    expect(historyText(checkHistory(history, objectModel))).toContain('object: linearizable');
    const died = call(7.5, 7.6, { type: 'may-lose' }, 0);
    const lost = history.with(4, call(8, 9, { type: 'see', touched: false }, lostAnswer)).slice(0, 5);
    expect(checkHistory([...lost, died], objectModel).verdict).toBe('ok');
    expect(checkHistory(lost, objectModel).verdict).toBe('violation');
    const back = [...lost, died, call(10, 11, { type: 'see', touched: false }, 7)];
    expect(checkHistory(back, objectModel).verdict).toBe('violation');
    expect(checkHistory([...history, call(12, 13, { type: 'see', touched: true }, 7)], objectModel).verdict).toBe(
      'violation',
    );
  });
});
