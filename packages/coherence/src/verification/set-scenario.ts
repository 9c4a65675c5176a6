import { initialEntry } from '../kernel/object-entry.ts';
import type { ObjectEntry } from '../kernel/object-types.ts';
import type { SetEnv } from '../kernel/set-env.ts';
import type { SetRules } from '../kernel/set-rules.ts';
import { setRules } from '../kernel/set-rules.ts';
import type { ObjectSet } from '../kernel/set-types.ts';
import { envOf } from './object-env.ts';
import type { ObjectScenario } from './object-scenario.ts';

/** A small world of several objects; object k has its default owner at node k, counted around. */
export interface SetScenario extends ObjectScenario {
  readonly keys: readonly number[];
}

/** One call open on each node, whatever object it is about. */
export const client = 1;
/** The number of its calls on several objects. */
export const groupCall = 2;

export function setEnvOf(scenario: SetScenario, self: number, rules: SetRules = setRules): SetEnv {
  const envs = scenario.keys.map((key) => ({ ...envOf(scenario, self), defaultOwner: key % scenario.nodes }));
  return { objectEnv: (key) => envs[key]!, rules };
}

export const entryOfKey = (set: ObjectSet, key: number, { objectEnv }: SetEnv): ObjectEntry =>
  set.entries.get(key) ?? initialEntry(objectEnv(key));
