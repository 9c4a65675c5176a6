import { parseScenario, runScenario } from '@holdfast/coherence/scenario';
import { expect, test } from 'vitest';
import { randomLives } from './random-scenario.ts';

const histories = 100;

test.each([
  { nodes: 3, set: {} },
  { nodes: 4, set: { migratory: true } },
  { nodes: 3, set: { slowFill: true } },
  { nodes: 3, set: { slowFill: true, linked: true } },
  { nodes: 3, set: { backup: 1 } },
])('nodes die and start again at random, and nothing is broken: %j', ({ nodes, set }) => {
  for (let seed = 1; seed <= histories; seed++) {
    const header = { nodes, defaultOwner: seed % nodes, set };
    const lines = [header, ...randomLives(seed * 7919, nodes, 'slowFill' in set)];
    const { steps, stepsNotRun } = runScenario(parseScenario(lines.map((line) => JSON.stringify(line)).join('\n')));
    const last = steps.at(-1);
    expect({ seed, stepsNotRun, failures: last?.failures }).toEqual({ seed, stepsNotRun: 0, failures: [] });
  }
});
