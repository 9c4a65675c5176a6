import type { Mutant } from '@holdfast/simulation';
import { type LogRules, logRules } from '../kernel/log-state.ts';
import { type LogScenario, logScenarios, logWorld } from './log-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: LogScenario;
  readonly rules: Partial<LogRules>;
}

const { stops, long, rot } = logScenarios;
const bugs: readonly SeededBug[] = [
  { name: 'log: answered before the flush', scenario: stops, rules: { answersAfterFlush: () => false } },
  { name: 'log: one batch too many in the ring', scenario: stops, rules: { capacity: (batches) => batches + 1 } },
  {
    name: 'log: the superblock is written beside its checkpoint',
    scenario: stops,
    rules: { checkpointsFirst: () => false },
  },
  {
    name: 'log: trimmed before the superblock is durable',
    scenario: long,
    rules: { trimsAfterSuperblock: () => false },
  },
  { name: 'log: one slot for superblocks and checkpoints', scenario: stops, rules: { slotOf: () => 0 } },
  { name: 'log: a checkpoint of what is not durable (L3)', scenario: stops, rules: { savesDurable: () => false } },
  { name: 'log: a torn batch is taken for whole', scenario: stops, rules: { checksBatch: () => false } },
  { name: 'log: a rotten middle is taken for a torn end', scenario: rot, rules: { looksAhead: () => false } },
];

export const logMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: logWorld(scenario, { ...logRules, ...rules }),
}));
