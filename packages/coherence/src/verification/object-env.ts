import type { ObjectEnv } from '../kernel/object-env.ts';
import { type ObjectRules, objectRules } from '../kernel/object-rules.ts';
import { defaultOwner, type ObjectScenario } from './object-scenario.ts';

/** The constants of node `self` in a scenario. */
export function envOf(scenario: ObjectScenario, self: number, rules: ObjectRules = objectRules): ObjectEnv {
  return {
    self,
    defaultOwner,
    forwardsMax: scenario.forwardsMax ?? 2,
    requestIds: scenario.requestIds ?? 1,
    fill: scenario.device === undefined ? (scenario.fill ?? 'blank') : 'load',
    exclusiveReaders: scenario.exclusiveReaders ?? false,
    firstTouch: scenario.firstTouch ?? 'requester',
    migratory: scenario.migratory ?? false,
    evictsTo: scenario.device === undefined ? 'nodes' : 'device',
    ...(scenario.backup === true && { shadowNode: (self + 1) % scenario.nodes }),
    // Where nobody dies nothing is asked for again, and records of it would only multiply the states.
    rules: { ...rules, remembersRemoval: () => false },
  };
}
