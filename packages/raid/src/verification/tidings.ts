/** What a node hears of a drive or of an object, beside views, messages and calls. */
import type { CallSpec, WorldView } from '@holdfast/simulation';
import type { ProxyEvent } from '../kernel/proxy-state.ts';
import type { ResyncEvent } from '../kernel/resync-state.ts';
import { type Role, roles } from './item-store.ts';
import { keeperState, type ProxyScenario } from './proxy-scenario.ts';
import { gfid, lblkOf, nodesOf } from './update-scenario.ts';

/** A call to each node that works by a view. */
function everyone(
  scenario: ProxyScenario,
  label: string,
  role: Role,
  eventOf: (node: number) => ProxyEvent | ResyncEvent,
  when: (view: WorldView, node: number) => boolean,
): CallSpec[] {
  return nodesOf(scenario).map((node) => ({
    label: `n${node} hears, as ${role === roles.data ? 'data' : 'parity'} IOM, ${label}`,
    node,
    part: role,
    times: 1,
    event: () => eventOf(node),
    when: (view) => view.up(node) && keeperState(view, node).published >= 0 && when(view, node),
  }));
}

/** A member that is out will come back with a new drive: everyone else is told before it does. */
function blankOf(scenario: ProxyScenario, blank: number): CallSpec[] {
  const isAway = (view: WorldView, node: number) =>
    node !== blank && scenario.views[keeperState(view, node).published]!.out.includes(blank);
  const label = `that n${blank} will come back with nothing`;
  const blocks = (node: number) =>
    scenario.groups.flatMap(({ members, parity }, group) =>
      members.flatMap((member, slot) =>
        parity === node && member === blank ? [{ gfid, lblk: lblkOf(scenario, { group, slot }), group, slot }] : [],
      ),
    );
  const groups = (node: number) =>
    scenario.groups.flatMap(({ members, parity }, group) =>
      parity === blank && members.includes(node) ? [{ gfid, group }] : [],
    );
  return [
    ...everyone(scenario, label, roles.parity, (node) => ({ type: 'blank', blocks: blocks(node) }), isAway),
    ...everyone(scenario, label, roles.data, (node) => ({ type: 'blank', peer: blank, groups: groups(node) }), isAway),
  ];
}

/** Calls that bring the tidings of a scenario; `isOver` says whether everything that was to be written is. */
export function tidingsOf(scenario: ProxyScenario, isOver: (view: WorldView) => boolean): CallSpec[] {
  const { blank, doubtful, removed, space } = scenario;
  const bothRoles = [roles.data, roles.parity];
  return [
    ...(blank === undefined ? [] : blankOf(scenario, blank)),
    ...(doubtful === undefined
      ? []
      : everyone(
          scenario,
          `that parity of group ${doubtful} is in doubt`,
          roles.parity,
          () => ({ type: 'doubtful', gfid, group: doubtful }),
          (_, node) => scenario.groups[doubtful]!.parity === node,
        )),
    ...(removed === true
      ? bothRoles.flatMap((role) =>
          everyone(scenario, 'that the object was removed', role, () => ({ type: 'removed', gfid }), isOver),
        )
      : []),
    ...(space === true
      ? bothRoles.flatMap((role) =>
          everyone(
            scenario,
            'that there is space',
            role,
            () => ({ type: 'space' }),
            () => true,
          ),
        )
      : []),
  ];
}
