import type { ReducibleStep, Reduction, StepTime, WorldView } from '@holdfast/simulation';
import { noPayload, type ObjectEntry } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';
import { startsCall } from './call-budget.ts';
import type { HostEvent } from './view-host.ts';
import { allNodes, theKey, type ViewScenario, viewOf } from './view-scenario.ts';

/**
 * In the change of view after the last death, what a survivor hears from another makes the same of it whatever it does
 * meanwhile: it is taken soon. Calls begun meanwhile wait for the end of the change: they are taken late. Leases may be held
 * through the change, so that their ends are taken at any moment. `checkReduction` holds this against all states of the
 * smaller worlds.
 */
export function viewReduction(scenario: ViewScenario): Reduction {
  const nodes = allNodes(scenario);
  return {
    time(view, step) {
      const up = nodes.filter((node) => view.up(node));
      if (scenario.nodes - up.length < scenario.crashes) return 'any';
      return step.kind === 'deliver' ? timeOfArrival(view, scenario, step) : timeOfCall(view, scenario, step);
    },
  };
}

/** Whether a node has been told of the view after the last death. */
const isTold = (view: WorldView, { crashes }: ViewScenario, node: number): boolean =>
  viewOf(view, node).view.epoch === crashes;

/** Whether more follows from the end of a write lease than that the value is there: a shadow, or an answer. */
const isWatched = ({ backup, operations }: ViewScenario): boolean =>
  backup === true || operations.some(({ type }) => type === 'execute');

/** Whether the end of the change may send a shadow, which goes ahead of calls that wait and not of those that come. */
const mayBeSaved = ({ backup }: ViewScenario, entry: ObjectEntry | undefined): boolean =>
  backup === true && entry !== undefined && (entry.payload !== noPayload || entry.backup.shadow !== undefined);

function timeOfArrival(
  view: WorldView,
  scenario: ViewScenario,
  { from, to, message }: Extract<ReducibleStep, { kind: 'deliver' }>,
): StepTime {
  if (!view.up(from)) return 'any';
  const sent = message as ViewMessage;
  const isLastMarker = sent.type === 'MARKER' && sent.epoch === scenario.crashes;
  if (!isTold(view, scenario, to)) return isLastMarker && !isWatched(scenario) ? 'soon' : 'any';
  const { phase, objects } = viewOf(view, to);
  const entry = objects.get(theKey);
  if (isWatched(scenario) && entry !== undefined && entry.writer !== 0) return 'any';
  // Where there is no entry a call makes one, and then there is something to report.
  if (sent.type === 'REPORT') return entry === undefined ? 'any' : 'soon';
  if (sent.type === 'VERDICT') return mayBeSaved(scenario, entry) ? 'any' : 'soon';
  return phase === 'draining' ? 'soon' : 'any';
}

function timeOfCall(
  view: WorldView,
  scenario: ViewScenario,
  { call }: Extract<ReducibleStep, { kind: 'call' }>,
): StepTime {
  const event = call.event(0) as HostEvent;
  if (event.type !== 'object') return 'any';
  const { phase, objects } = viewOf(view, call.node);
  if (!isTold(view, scenario, call.node) || phase === 'open') return 'any';
  if (!startsCall(event.event.type)) return 'any';
  const entry = objects.get(theKey);
  if (phase === 'settling') return mayBeSaved(scenario, entry) ? 'any' : 'late';
  return entry === undefined ? 'any' : 'late';
}
