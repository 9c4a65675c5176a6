import { always, canFinish, type Property, quiescent, sometimes, type WorldView } from '@holdfast/simulation';
import type { ClassState, LinkRecord, SessionState } from '../kernel/session-types.ts';
import { type SessionScenario, sessionOf, sessionPart } from './session-scenario.ts';

const isLive = ({ phase }: SessionState): boolean => phase === 'open' || phase === 'closing';

/** Both sides live in the session they opened together. */
function together(view: WorldView): readonly [SessionState, SessionState] | undefined {
  const a = sessionOf(view, 0);
  const b = sessionOf(view, 1);
  const same = isLive(a) && isLive(b) && a.self === b.peer && b.self === a.peer;
  return same ? [a, b] : undefined;
}

/** A link known as confirmed is really held at that epoch, or a later one, by the peer: its memory may be reused. */
function fenceHolds(view: WorldView): string | undefined {
  const pair = together(view);
  if (pair === undefined) return undefined;
  for (const [here, there] of [pair, [pair[1], pair[0]] as const]) {
    for (const [link, record] of here.links.entries()) {
      const isInUse = record.state === 'up' || record.state === 'suspect' || record.state === 'probing';
      if (isInUse && !record.confirmed) return `link ${link} is used again before the peer confirmed its fence`;
      if (record.confirmed && record.state !== 'down' && there.links[link]!.epoch < record.epoch) {
        return `link ${link} counts as fenced to epoch ${record.epoch}, the peer still accepts epoch ${there.links[link]!.epoch}`;
      }
    }
  }
  return undefined;
}

/** Buffers and what is under way stay within the windows (I6). */
function withinWindows(view: WorldView, scenario: SessionScenario): string | undefined {
  const pair = together(view);
  if (pair === undefined) return undefined;
  for (const [here, there] of [pair, [pair[1], pair[0]] as const]) {
    for (const [index, each] of here.classes.entries()) {
      const window = scenario.windows[index]!;
      if (each.next - each.unacknowledged > window) return `class ${index} keeps more records than its window`;
      if (each.transmitted - there.classes[index]!.consumed > window) {
        return `class ${index} sent more records than the consumer has room for`;
      }
    }
  }
  return undefined;
}

/** A blocked class waits for its driver, which promised to say when there is room again. */
const isWaiting = (each: ClassState): boolean => !each.blocked && each.unacknowledged < each.next;

/** Nothing moves and somebody waits: then a timer must be armed that will get things going. */
function nobodyWaitsForNothing(view: WorldView): string | undefined {
  for (const node of [0, 1]) {
    if (!view.up(node)) continue;
    const state = sessionOf(view, node);
    if (!isLive(state)) continue;
    const timers = view.armed(node, sessionPart).length;
    const waits = state.phase === 'closing' || state.classes.some(isWaiting);
    if (waits && timers === 0) return 'records wait for an acknowledgement and no timer is armed';
    if (state.retained && timers === 0) return 'a session is retained and no timer is armed';
  }
  return undefined;
}

/** A link without part in the session stays out of it; suspicion is the detector's to take back. */
const isSettled = ({ state }: LinkRecord): boolean => state !== 'fenced' && state !== 'probing';

/** Everything accepted was delivered and acknowledged and all links are back, or the session is over on both sides. */
function isDone(view: WorldView, { carriersStayOff = false }: SessionScenario): boolean {
  if (view.messagesInFlight > 0) return false;
  const states = [0, 1].filter((node) => view.up(node)).map((node) => sessionOf(view, node));
  return states.every((state) => {
    if (!isLive(state)) return true;
    if (state.phase === 'closing' || state.retained) return false;
    const drained = state.classes.every((each) => each.unacknowledged === each.next);
    return drained && (carriersStayOff || together(view) === undefined || state.links.every(isSettled));
  });
}

export function sessionProperties(scenario: SessionScenario): Property<WorldView>[] {
  const records = scenario.sends.flat().reduce((sum, times) => sum + times, 0);
  const properties: Property<WorldView>[] = [
    always('a confirmed fence holds at the peer (I5)', fenceHolds),
    always('windows bound everything kept and under way (I6)', (view) => withinWindows(view, scenario)),
    quiescent('whoever waits has a timer armed', nobodyWaitsForNothing),
    canFinish('everything is delivered and every link is back, or the session is over (I2, I8)', (view) =>
      isDone(view, scenario),
    ),
  ];
  if (records > 0) {
    properties.push(
      sometimes('everything was delivered', (view) => {
        const pair = together(view);
        return pair?.some((side) => side.classes.some((each) => each.expected > 0)) ?? false;
      }),
    );
  }
  return properties;
}
