import { always, canFinish, type Property, quiescent, sometimes, type WorldView } from '@holdfast/simulation';
import type { HostState } from './client-host.ts';
import {
  type ConnectionScenario,
  connectionOf,
  connectionPart,
  hostPart,
  inSession,
  regionPart,
} from './connection-scenario.ts';

/** Nothing is left of an attempt or session once a side rests. */
function restsClean(view: WorldView): string | undefined {
  for (const node of [0, 1]) {
    const state = connectionOf(view, node);
    const { handle, session } = view.state<HostState>(node, hostPart);
    const rests = state.stage === 'idle' || state.stage === 'waiting' || state.stage === 'reading';
    if (rests && (state.portsExist || handle !== 0))
      return 'ports of a failed attempt or a past session are still there';
    if (rests && session !== 'none') return 'a session lives on without its connection';
  }
  return undefined;
}

/** Nothing moves and a side has something to do: then a timer is armed or the host was asked. */
function nobodyWaitsForNothing(view: WorldView): string | undefined {
  for (const node of [0, 1]) {
    if (!view.up(node)) continue;
    const { stage } = connectionOf(view, node);
    if (stage === 'idle' || stage === 'open') continue;
    const timers = view.armed(node, connectionPart).length + view.armed(node, regionPart).length;
    const { asked, session } = view.state<HostState>(node, hostPart);
    const hostActs = asked !== 'none' || session === 'closing' || session === 'over';
    if (timers === 0 && !hostActs) return `a side is ${stage} and nothing will ever wake it`;
  }
  return undefined;
}

/** Two sides that want each other share a session; a side nobody wants, or whose peer is down, has none (I8). */
function isSettled(view: WorldView, scenario: ConnectionScenario): boolean {
  if (view.messagesInFlight > 0) return false;
  const sides = [0, 1].filter((node) => view.up(node)).map((node) => connectionOf(view, node));
  const [a, b] = sides;
  if (a !== undefined && b !== undefined && a.wanted && b.wanted) {
    if (a.stage === 'open' && b.stage === 'open') return a.peer === b.endpoint && b.peer === a.endpoint;
    if (canAgree(scenario)) return false;
  }
  return sides.every((side) => (side.wanted ? !inSession(side) : side.stage === 'idle'));
}

function canAgree({ versions, links, upgrade }: ConnectionScenario): boolean {
  if (upgrade !== undefined) return false;
  const [[minA, maxA], [minB, maxB]] = versions ?? [
    [1, 1],
    [1, 1],
  ];
  const [linksA, linksB] = links ?? [[0], [0]];
  return Math.max(minA, minB) <= Math.min(maxA, maxB) && linksA.some((link) => linksB.includes(link));
}

export function connectionProperties(scenario: ConnectionScenario): Property<WorldView>[] {
  const properties: Property<WorldView>[] = [
    always('a side at rest left nothing behind (F7)', restsClean),
    quiescent('whoever waits will be woken', nobodyWaitsForNothing),
    canFinish('both sides share one session, or neither has one (I8)', (view) => isSettled(view, scenario)),
  ];
  if (canAgree(scenario)) {
    const areOpen = (view: WorldView): boolean => [0, 1].every((node) => connectionOf(view, node).stage === 'open');
    properties.push(sometimes('both sides are open', areOpen));
  }
  return properties;
}
