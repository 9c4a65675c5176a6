import { cellAt, type Kernel, ProtocolError } from '@holdfast/kernel';
import { noNodes } from './node-set.ts';
import { drainOne, markerArrived, reportsArrived, verdictsArrived } from './view-change.ts';
import { decodeView, encodeView } from './view-encoding.ts';
import { stays, stepObject } from './view-entries.ts';
import type { ViewEnv } from './view-env.ts';
import { beginComing, latest, viewCame } from './view-queue.ts';
import { viewTable } from './view-table.ts';
import type {
  View,
  ViewEvent,
  ViewKey,
  ViewMessage,
  ViewNotice,
  ViewResult,
  ViewSink,
  ViewState,
} from './view-types.ts';

const name = 'view';

const nobody = { epoch: 0, members: noNodes };

function initial({ firstView }: ViewEnv): ViewState {
  const view = firstView ?? nobody;
  return {
    phase: firstView === undefined ? 'outside' : 'open',
    view,
    served: view,
    since: view.epoch,
    left: noNodes,
    coming: [],
    marked: [],
    reports: [],
    reported: noNodes,
    settled: noNodes,
    early: [],
    objects: new Map(),
  };
}

const keyOf = (message: ViewMessage): ViewKey | undefined => (message.type === 'OBJECT' ? message.key : undefined);

function row(state: ViewState, event: ViewEvent, env: ViewEnv): string {
  const { phase, view, served } = state;
  const key = event.type === 'message' ? keyOf(event.message) : event.type === 'object' ? event.key : undefined;
  if (key !== undefined && stays(state, key, env)) return 'staying';
  if (event.type !== 'message' || event.message.epoch === view.epoch) return phase;
  const isOld = event.message.epoch < view.epoch;
  // A node that joins has served nothing yet: what is about an object was meant for its former life.
  if (isOld && served.members.length === 0 && event.message.type === 'OBJECT') return 'outside';
  return `${isOld ? 'old' : 'ahead'}, ${phase}`;
}

const column = (event: ViewEvent): string => (event.type === 'message' ? event.message.type : event.type);

function step(state: ViewState, event: ViewEvent, env: ViewEnv, out: ViewSink): void {
  const at = [row(state, event, env), column(event)] as const;
  const cell = cellAt(name, viewTable, ...at);
  if (cell.class === 'ignored') return;
  if (cell.class === 'impossible' && env.rules.bars()) throw new ProtocolError(name, ...at, cell.why);
  switch (event.type) {
    case 'view':
      if (event.epoch <= latest(state).epoch) throw new ProtocolError(name, ...at, `epoch ${event.epoch} is not later`);
      viewCame(state, viewOf(event), event.undelivered, env, out);
      break;
    case 'object':
      stepObject(state, event.key, event.event, env, out);
      break;
    case 'message':
      hear(state, event.from, event.message, env, out);
      break;
  }
  if (state.coming.length > 0) beginComing(state, env, out);
}

const viewOf = ({ epoch, members, leaving }: View): View =>
  leaving === undefined ? { epoch, members } : { epoch, members, leaving };

function hear(state: ViewState, from: number, message: ViewMessage, env: ViewEnv, out: ViewSink): void {
  switch (message.type) {
    case 'MARKER':
      markerArrived(state, from, message, env, out);
      break;
    case 'REPORT':
      reportsArrived(state, from, message, env, out);
      break;
    case 'VERDICT':
      verdictsArrived(state, from, message, env, out);
      break;
    case 'OBJECT':
      if (state.phase === 'open' || stays(state, message.key, env)) {
        stepObject(state, message.key, { type: 'message', from, message: message.message }, env, out);
      } else if (message.epoch === state.view.epoch) {
        state.early = [...state.early, { from, key: message.key, message: message.message }];
      } else {
        drainOne(state, from, message.key, message.message, state.view, env, out);
      }
      break;
  }
}

/**
 * The objects of a set on one node, through all changes of view: docs/coherence-views.md says how and why.
 *
 * A host feeds in (`ViewEvent`): local calls and the ends of loads and stores, as `object`; what arrives, as `message`;
 * and each next view, as `view`, once its sessions with the nodes that left are over. Out come messages to members,
 * the answers to calls, and notices. Nothing else is asked of a host: it never looks at an epoch.
 */
export const viewKernel: Kernel<ViewState, ViewEvent, ViewEnv, ViewMessage, ViewResult, ViewNotice> = {
  name,
  table: viewTable,
  initial,
  row,
  column,
  step,
  encode: encodeView,
  decode: decodeView,
};
