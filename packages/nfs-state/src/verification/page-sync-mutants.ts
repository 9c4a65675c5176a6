import type { Mutant } from '@holdfast/simulation';
import { type PageSyncRules, pageSyncRules } from '../kernel/page-sync-rules.ts';
import type { PageSyncScenario } from './page-sync-scenario.ts';
import { pageSyncScenarios } from './page-sync-scenarios.ts';
import { pageSyncWorld } from './page-sync-world.ts';

interface SeededBug {
  readonly name: string;
  readonly scenario: PageSyncScenario;
  readonly rules: Partial<PageSyncRules>;
}

const { plain, stripes, sameServer, refusals, layoutRefusals, permanent, recall, lease } = pageSyncScenarios;
const { truncation, dataSync, throughMetadataServer } = pageSyncScenarios;

const bugs: readonly SeededBug[] = [
  { name: 'ignores the verifier of a COMMIT', scenario: plain, rules: { isSameServer: () => true } },
  { name: 'takes what is unstable for stable', scenario: plain, rules: { needsCommit: () => false } },
  {
    name: 'a COMMIT by a server that forgot says nothing of other pages',
    scenario: sameServer,
    rules: { isForgotten: (status) => pageSyncRules.isCovered(status) },
  },
  { name: 'never tells the metadata server', scenario: dataSync, rules: { needsLayoutCommit: () => false } },
  {
    name: 'a COMMIT covers what was written after it',
    scenario: throughMetadataServer,
    rules: { isCovered: (status) => status === 'DS_DIRTY' || pageSyncRules.isCovered(status) },
  },
  {
    name: 'a LAYOUTCOMMIT covers what was committed after it',
    scenario: stripes,
    rules: {
      isCoveredByLayoutCommit: (status) => status === 'LAYOUT_DIRTY' || pageSyncRules.isCoveredByLayoutCommit(status),
    },
  },
  { name: 'names one page too few in LAYOUTCOMMIT', scenario: plain, rules: { endOf: (page) => page } },
  { name: 'forgets what the application wrote meanwhile', scenario: plain, rules: { isCurrent: () => true } },
  {
    name: 'fsync does not wait for writes that are on their way',
    scenario: plain,
    rules: { isWanted: (status) => status === 'CLIENT_DIRTY' },
  },
  { name: 'fsync is satisfied by a write of before it', scenario: plain, rules: { satisfies: () => true } },
  {
    name: 'a write counts for the fsyncs that came before its answer',
    scenario: plain,
    rules: { sentAt: (_whenSent, whenAnswered) => whenAnswered },
  },
  { name: 'a late answer counts', scenario: plain, rules: { isAwaited: (_request, outstanding) => outstanding !== 0 } },
  {
    name: 'forgets an error that the application wrote over',
    scenario: permanent,
    rules: { remembersFailures: () => false },
  },
  { name: 'gives up at an error that passes', scenario: refusals, rules: { isPermanent: () => true } },
  {
    name: 'takes a failed COMMIT for done',
    scenario: refusals,
    rules: { afterFailedCommit: () => 'LAYOUT_DIRTY' },
  },
  { name: 'takes a refused LAYOUTCOMMIT for done', scenario: layoutRefusals, rules: { acceptsRefusal: () => true } },
  { name: 'forgets writes that nobody heard of again', scenario: plain, rules: { mayStillHappen: () => false } },
  { name: 'writes elsewhere before the first server is fenced', scenario: plain, rules: { maySwitch: () => true } },
  {
    name: 'asks for layouts that cannot be had',
    scenario: layoutRefusals,
    rules: { mayGetLayout: ({ layout }) => !layout.suspended },
  },
  { name: 'gives a layout back that is needed', scenario: recall, rules: { needsLayout: () => false } },
  { name: 'does not give a recalled layout back', scenario: recall, rules: { obeysRecall: () => false } },
  {
    name: 'cuts off while pages are on their way',
    scenario: truncation,
    rules: { holdsUpTruncation: () => false },
  },
  {
    name: 'cuts off what was written after',
    scenario: dataSync,
    rules: { isHeldBack: () => false },
  },
  { name: 'writes under a lost lock', scenario: lease, rules: { dropsLocked: () => false } },
];

export const pageSyncMutants: readonly Mutant[] = bugs.map(({ name, scenario, rules }) => ({
  name,
  configuration: scenario.name,
  world: pageSyncWorld(scenario, { ...pageSyncRules, ...rules }),
}));
