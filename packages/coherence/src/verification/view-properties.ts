import { always, canFinish, type Property, quiescent, type WorldView } from '@holdfast/simulation';
import { initialEntry } from '../kernel/object-entry.ts';
import type { ObjectEntry } from '../kernel/object-types.ts';
import { isOwner } from '../kernel/view-objects.ts';
import type { View, ViewState } from '../kernel/view-types.ts';
import { coherenceOf, entryIsAtRest, leasesHold, nobodyForgotten, oneWriter, type Sight } from './object-properties.ts';
import {
  allNodes,
  defaultOwnerIn,
  entryIn,
  objectFlights,
  theKey,
  type ViewScenario,
  viewEnvOf,
  viewOf,
} from './view-scenario.ts';

/** Of a node that is down there is nothing: it stands here as one that never heard of the object. */
const nothing = (defaultOwner: number): ObjectEntry => initialEntry({ self: -1, defaultOwner });

/** Members that live all serve calls in the same view, and all members live: nothing is lost or on its way to be. */
export function isSteady(live: readonly ViewState[], up: readonly number[]): boolean {
  const { members, epoch } = live[0]!.view;
  return members.length === up.length && live.every(({ phase, view }) => phase === 'open' && view.epoch === epoch);
}

export const oneSurvivingOwner = ({ entries }: Sight): string | undefined =>
  entries.filter(isOwner).length > 1 ? 'two survivors own the object (I2)' : undefined;

export const absentHasNoCopy = ({ entries }: Sight): string | undefined =>
  entries.some(({ status }) => status === 'INV_OWNER') && entries.some(({ status }) => status === 'READ_COPY')
    ? 'an object is absent or lost although there is a copy'
    : undefined;

export function viewProperties(scenario: ViewScenario): Property<WorldView>[] {
  const nodes = allNodes(scenario);
  const upIn = (view: WorldView): number[] => nodes.filter((node) => view.up(node));
  const sightOf = (view: WorldView, up: readonly number[]): Sight => {
    const now = viewOf(view, up[0]!).view;
    const home = defaultOwnerIn(up);
    const entries = nodes.map((node) => (up.includes(node) ? entryIn(viewOf(view, node), node) : nothing(home)));
    return { entries, under: objectFlights(view, scenario.nodes, now) };
  };
  const checkFor = new Map<string, (sight: Sight) => string | undefined>();
  const steadyCheck = ({ members, leaving }: View): ((sight: Sight) => string | undefined) => {
    const name = `${members.join()} ${leaving?.join()}`;
    let check = checkFor.get(name);
    if (check === undefined) {
      const view = { epoch: 0, members, leaving: leaving ?? [] };
      check = coherenceOf(nodes.map((node) => viewEnvOf(scenario, node).objectEnv(theKey, view)));
      checkFor.set(name, check);
    }
    return check;
  };
  const firstOf = (sight: Sight, checks: readonly ((sight: Sight) => string | undefined)[]): string | undefined => {
    for (const check of checks) {
      const violation = check(sight);
      if (violation !== undefined) return violation;
    }
    return undefined;
  };
  return [
    always('the object is coherent among the survivors (I1 to I11)', (view) => {
      const up = upIn(view);
      if (up.length === 0) return undefined;
      const sight = sightOf(view, up);
      const survivors = [oneWriter, leasesHold, oneSurvivingOwner, absentHasNoCopy];
      const live = up.map((node) => viewOf(view, node));
      return firstOf(sight, isSteady(live, up) ? [...survivors, steadyCheck(live[0]!.view)] : survivors);
    }),
    quiescent(
      'every change of view ends, nobody waits for nothing, and every entry points home (I6, I7, I12)',
      (view) => {
        const up = upIn(view);
        if (up.length === 0) return undefined;
        const live = up.map((node) => viewOf(view, node));
        if (!isSteady(live, up)) return mayStillChange(scenario) ? undefined : 'a change of view does not end';
        return nobodyForgotten(sightOf(view, up));
      },
    ),
    canFinish('every call of a survivor can end (L1)', (view) => {
      const up = upIn(view);
      const live = up.map((node) => viewOf(view, node));
      return (
        view.messagesInFlight === 0 &&
        (up.length === 0 || isSteady(live, up)) &&
        up.every((node) => entryIsAtRest(entryIn(viewOf(view, node), node)))
      );
    }),
  ];
}

/** Where views are told by calls, one may be still to come although no message is under way. */
const mayStillChange = ({ sessionsEndFirst, restarts, joins, leaves }: ViewScenario): boolean =>
  sessionsEndFirst === true || restarts !== undefined || joins !== undefined || leaves === true;
