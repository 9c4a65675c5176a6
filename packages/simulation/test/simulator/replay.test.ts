import { describe, expect, it } from 'vitest';
import { CellLog, Choices, ReplayFileError, runSim, simulate } from '../../src/index.ts';
import { goodRules } from '../support/stop-and-wait.ts';
import { stopAndWaitSimulation, stopAndWaitSuite } from '../support/suites.ts';

const buggySuite = () => ({
  ...stopAndWaitSuite(),
  simulation: stopAndWaitSimulation(60, { ...goodRules, dropsRepetitions: false }),
});

describe('a simulation', () => {
  it('gives the same digest for the same seed, another for another', () => {
    const digests = [7, 7, 8].map((seed) => runSim(stopAndWaitSuite(), { seed, runs: 20 }).digest);
    expect(digests[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });

  it('gives the same run when its choices are replayed', () => {
    const spec = stopAndWaitSimulation(100);
    for (let seed = 0; seed < 20; seed++) {
      const choices = Choices.fromSeed(seed);
      const first = simulate(spec, choices, new CellLog());
      const again = Choices.replaying(choices.lists());
      expect(simulate(spec, again, new CellLog()), `seed ${seed}`).toEqual(first);
      expect(again.lists()).toEqual(choices.lists());
    }
  });

  it('does nothing at all when every choice is the dullest', () => {
    const run = simulate(stopAndWaitSimulation(100), Choices.replaying(new Map()), new CellLog());
    expect(run).toMatchObject({ events: 0, faults: {}, violation: undefined });
  });

  it('finds a seeded bug, shrinks it to its core and writes a file that replays it', () => {
    const report = runSim(buggySuite(), { seed: 3, runs: 100 });
    const [failure] = report.violations;
    expect(failure).toMatchObject({ kind: 'always', property: 'delivers in order' });
    // One call, and one fault that repeats its frame.
    expect(failure?.shrunk.after).toBeLessThanOrEqual(4);
    expect(failure?.shrunk.after).toBeLessThan(failure?.shrunk.before ?? 0);
    expect(failure?.story.at(-1)).toContain('delivers in order');
    const file = JSON.parse(JSON.stringify(failure?.replay));
    const replayed = runSim(buggySuite(), { replay: file });
    expect(replayed.runs).toBe(1);
    expect(replayed.violations[0]).toMatchObject({ message: failure?.message, story: failure?.story });
  });

  it('takes several worlds in turn, and replays a failure in its own', () => {
    const good = stopAndWaitSimulation(60);
    const bad = buggySuite().simulation;
    const further = { ...bad, world: { ...bad.world, name: 'the buggy one' } };
    const suite = { ...stopAndWaitSuite(), simulation: good, furtherSimulations: [further] };
    const [failure] = runSim(suite, { seed: 3, runs: 100 }).violations;
    expect(failure?.run).toSatisfy((run: number) => run % 2 === 1);
    expect(failure?.replay.world).toBe('the buggy one');
    const replay = JSON.parse(JSON.stringify(failure?.replay));
    expect(runSim(suite, { replay }).violations[0]).toMatchObject({ message: failure?.message });
    expect(() => runSim(stopAndWaitSuite(), { replay })).toThrow('is of the world "the buggy one"');
  });

  it('looks at the end of a run that converged, once', () => {
    const looks: number[] = [];
    const ending = {
      name: 'nothing is left',
      violation: () => (looks.push(1) === 2 ? 'something is left' : undefined),
    };
    const suite = { ...stopAndWaitSuite(), simulation: { ...stopAndWaitSimulation(20), ending } };
    const { violations } = runSim(suite, { seed: 1, runs: 2 });
    expect(violations).toMatchObject([{ kind: 'ending', run: 1, property: 'nothing is left' }]);
  });

  it('finds what only the end of all faults shows: a value never delivered', () => {
    const suite = { ...stopAndWaitSuite(), simulation: stopAndWaitSimulation(20, { ...goodRules, repeats: false }) };
    const [failure] = runSim(suite, { seed: 5, runs: 100 }).violations;
    expect(failure).toMatchObject({ kind: 'liveness', property: 'converges' });
    expect(failure?.message).toContain('nothing more can happen after faults had stopped');
  });

  it('reports what a kernel throws', () => {
    const spec = stopAndWaitSimulation(5);
    const [a, b] = spec.world.nodes;
    const [sender] = a?.parts ?? [];
    const broken = { ...sender!, message: () => ({ type: 'nonsense' }) };
    const world = { ...spec.world, nodes: [{ name: 'a', parts: [broken] }, b!] };
    const { violations } = runSim({ ...stopAndWaitSuite(), simulation: { ...spec, world } }, { runs: 5 });
    expect(violations).toMatchObject([{ kind: 'error', property: 'ProtocolError' }]);
  });

  it.each([
    ['nothing', undefined, 'not a replay file'],
    ['a list', [1, 2], 'not a replay file'],
    ['another format', { format: 'x', kernel: 'stop-and-wait', world: 'x', seed: 1, choices: {} }, 'not a replay file'],
    [
      'a bad spot',
      { format: 'holdfast-replay-1', kernel: 'stop-and-wait', world: 'x', seed: 1, choices: { swarm: [[-1, 2]] } },
      'not',
    ],
    [
      'a huge place',
      { format: 'holdfast-replay-1', kernel: 'stop-and-wait', world: 'x', seed: 1, choices: { a: [[2 ** 40, 2]] } },
      'not',
    ],
    ['another kernel', { format: 'holdfast-replay-1', kernel: 'raid', world: 'x', seed: 1, choices: {} }, 'for raid'],
  ])('refuses to replay %s', (_, replay, message) => {
    const call = () => runSim(stopAndWaitSuite(), { replay: replay ?? null });
    expect(call).toThrow(ReplayFileError);
    expect(call).toThrow(message);
  });
});
