import type { Mutant } from '@holdfast/simulation';
import { type LogRules, logRules } from '../kernel/log-rules.ts';
import type { LogScenario } from './log-scenario.ts';
import { logScenarios } from './log-scenarios.ts';
import { logWorld } from './log-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: LogScenario;
  readonly rules: Partial<LogRules>;
}

const { race, counts, right, again, death, proposals, returns, lapse, appenderLapses, snapshots, followerSnapshot } =
  logScenarios;

const bugs: readonly SeededBug[] = [
  { name: 'appends without comparing', scenario: race, rules: { isCurrent: () => true } },
  { name: 'forgets keys, and takes them for untouched', scenario: race, rules: { floorAfterForgetting: () => 0 } },
  {
    name: 'compares what rests on everything with nothing',
    scenario: counts,
    rules: { lastTouch: (key, { touched, floor }) => touched.get(key) ?? floor },
  },
  { name: 'answers before it is durable', scenario: death, rules: { mayAnswer: () => true } },
  { name: 'applies what is not durable', scenario: death, rules: { mayApply: () => true } },
  {
    name: 'takes a right away before every head has heard of it',
    scenario: right,
    rules: { mayAnswer: ({ index }, { applied }) => index <= applied },
  },
  {
    name: 'says again what not every head has heard of',
    scenario: right,
    rules: { maySay: () => true },
  },
  {
    name: 'says a grant again that follows from what not every head has heard of',
    scenario: again,
    rules: { restsOn: () => 0 },
  },
  {
    name: 'a new appender waits for nobody it has not heard of',
    scenario: returns,
    rules: { waitsFor: () => [] },
  },
  { name: 'a late word of a death fences the next life', scenario: returns, rules: { isFenced: () => true } },
  { name: 'reads the log without claiming it', scenario: appenderLapses, rules: { claimsFirst: () => false } },
  {
    name: 'leaves a torn batch in the log',
    scenario: death,
    rules: { sealsAt: (next, { batches }) => (batches.at(-1) === 'torn' ? next + 1 : next) },
  },
  { name: 'proposes anew what is in the log', scenario: proposals, rules: { findsItsOwn: () => false } },
  { name: 'serves a right that is being taken away', scenario: right, rules: { waitsForStaged: () => false } },
  { name: 'takes what it does not know for what is not', scenario: right, rules: { asksWhenBehind: () => false } },
  { name: 'serves although it is out of touch', scenario: lapse, rules: { servesWhenLapsed: () => true } },
  { name: 'serves before it has caught up', scenario: returns, rules: { servesWhileReading: () => true } },
  {
    name: 'does not tell who joins what is being written',
    scenario: right,
    rules: { sendsWhatIsWritten: () => false },
  },
  { name: 'trims before the snapshot is durable', scenario: snapshots, rules: { trimsAfterSaving: () => false } },
  { name: 'applies what a snapshot had already', scenario: snapshots, rules: { isNews: () => true } },
  { name: 'waits for what is in a snapshot', scenario: followerSnapshot, rules: { findsInSnapshots: () => false } },
  { name: 'reads on without the snapshot', scenario: snapshots, rules: { startsFrom: () => undefined } },
];

export const logMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: logWorld(scenario, { ...logRules, ...rules }),
}));
