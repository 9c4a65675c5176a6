import { callBudget } from './call-budget.ts';
import { chaseGhost } from './chase-monitor.ts';
import { executeGhost } from './execute-monitor.ts';
import { type Ghost, ghost } from './ghosts.ts';
import type { ObjectScenario } from './object-scenario.ts';
import { overtakingGhost } from './overtaking-monitor.ts';
import { ghostNumbers, renumberedGhost } from './renaming.ts';
import { syncGhost } from './sync-monitor.ts';
import { type ValueGhost, valueMonitor } from './value-monitor.ts';
import { watchGhost } from './watch-monitor.ts';

/** Where among the monitors of a world those are that properties and calls look at. */
export interface GhostPlaces {
  readonly watch: number | undefined;
  readonly execute: number | undefined;
}

const lastValue = ghost<ValueGhost>({ monitor: valueMonitor, numbers: ghostNumbers, renumbered: renumberedGhost });

const does = ({ operations }: ObjectScenario, type: string): boolean => operations.some((each) => each.type === type);

/** The value of the object first, then the budget of calls where there is one, then what the operations need. */
export function ghostsOf(scenario: ObjectScenario): { ghosts: readonly Ghost[]; places: GhostPlaces } {
  const ghosts = [lastValue, ...(scenario.callsPerNode === undefined ? [] : [callBudget(scenario.nodes)])];
  const place = (isWanted: boolean, make: (nodes: number) => Ghost): number | undefined =>
    isWanted ? ghosts.push(make(scenario.nodes)) - 1 : undefined;
  const watch = place(does(scenario, 'watch'), watchGhost);
  const execute = place(does(scenario, 'execute'), executeGhost);
  const { devicesFail, overtakingMax, passedOnMax } = scenario;
  if (devicesFail === true && does(scenario, 'sync')) ghosts.push(syncGhost());
  if (passedOnMax !== undefined) ghosts.push(chaseGhost(scenario.nodes, passedOnMax));
  if (overtakingMax !== undefined) ghosts.push(overtakingGhost(scenario.nodes, overtakingMax));
  return { ghosts, places: { watch, execute } };
}
