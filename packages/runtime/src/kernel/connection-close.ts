import type { EffectSink } from '@holdfast/kernel';
import type { ConnectionEnv } from './connection-env.ts';
import { openPhases } from './connection-state.ts';
import {
  type ConnectionNotice,
  type ConnectionState,
  connectionTimer,
  type OneSided,
  type OpenPhase,
  peerRegion,
} from './connection-types.ts';
import type { SessionEnd } from './session-types.ts';

export type ConnectionSink = EffectSink<OneSided, never, ConnectionNotice>;

export const hasReached = (phase: OpenPhase, goal: OpenPhase): boolean =>
  openPhases.indexOf(phase) >= openPhases.indexOf(goal);

/** Replace the own page: whoever reads it learns how far this side has come, and with whom. */
export function publish(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  const { versionMin, versionMax } = env;
  const endpoint = state.stage === 'idle' ? 0 : state.endpoint;
  out.deliver({ type: 'publish', page: { endpoint, versionMin, versionMax, phase: state.phase, seen: state.peer } });
}

/** Write the own cell in the peer's inbox: `phase`, and all that was said in earlier ones. */
export function say(state: ConnectionState, phase: OpenPhase, env: ConnectionEnv, out: ConnectionSink): void {
  const isTold = env.rules.carries(phase, 'told');
  const isCreated = env.rules.carries(phase, 'created');
  state.saying = phase;
  state.operation = 'write';
  out.send(peerRegion, {
    type: 'write',
    cell: {
      from: state.endpoint,
      to: state.peer,
      phase,
      versionMin: env.versionMin,
      versionMax: env.versionMax,
      links: isTold ? env.links : [],
      needs: isTold ? state.needs : [],
      grants: isCreated ? state.grants : [],
    },
  });
}

export function read(state: ConnectionState, out: ConnectionSink): void {
  state.operation = 'read';
  out.send(peerRegion, { type: 'read' });
}

/** Step 1 of the open: a new attempt starts from nothing but the endpoint. */
export function beginAttempt(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  out.cancelTimer(connectionTimer);
  state.stage = 'reading';
  publish(state, env, out);
  read(state, out);
}

/** The attempt failed: destroy what it made and go back to step 1. No client has heard of it. */
export function abandonAttempt(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  out.cancelTimer(connectionTimer);
  // A peer that was told "agreed" or more may take what follows for the same session.
  if (hasReached(state.saying, 'agreed') && env.rules.renewsEndpoint()) state.endpoint++;
  state.failures = Math.min(state.failures + 1, env.retriesMax);
  forgetPeer(state);
  leave(state, env, out);
}

/** Nothing of the present peer endpoint counts any more. */
function forgetPeer(state: ConnectionState): void {
  state.peer = 0;
  state.version = 0;
  state.phase = 'hello';
  state.saying = 'hello';
  state.needs = [];
}

/** Wait for the last operation, then for the ports to be gone, then start over or rest. */
export function leave(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.operation !== 'none') {
    state.stage = 'abandoning';
    publish(state, env, out);
  } else if (state.portsExist && (state.end !== 'none' || env.rules.destroysPorts())) {
    state.stage = 'destroying';
    publish(state, env, out);
    out.deliver({ type: 'destroy-ports' });
  } else {
    startOver(state, env, out);
  }
}

function startOver(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  if (state.end !== 'none') {
    out.deliver({ type: 'closed', end: state.end });
    state.end = 'none';
  }
  if (state.wanted) waitBeforeRead(state, env, out);
  else rest(state, env, out);
}

export function rest(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  state.stage = 'idle';
  state.retries = 0;
  state.failures = 0;
  state.incompatibleSaid = false;
  publish(state, env, out);
}

/** The two sides have nothing in common. Neither can have come further, so that the endpoint stays good. */
export function giveUpOn(
  state: ConnectionState,
  lack: 'version' | 'link',
  versions: { readonly versionMin: number; readonly versionMax: number },
  env: ConnectionEnv,
  out: ConnectionSink,
): void {
  const { versionMin, versionMax } = versions;
  forgetPeer(state);
  state.stage = 'incompatible';
  publish(state, env, out);
  out.setTimer(connectionTimer, env.timings.incompatibleMs);
  if (state.incompatibleSaid) return;
  state.incompatibleSaid = true;
  out.deliver({ type: 'incompatible', lack, versionMin, versionMax });
}

/** Back off, longer after every failure in a row; a cell from the peer ends the wait. */
export function waitBeforeRead(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  const { retryMs, retryMsMax } = env.timings;
  state.stage = 'waiting';
  publish(state, env, out);
  out.setTimer(connectionTimer, Math.min(retryMs * 2 ** state.retries, retryMsMax));
  state.retries = Math.min(state.retries + 1, env.retriesMax);
}

/** Close in order: tell the peer, and let the session drain. */
export function beginClosing(state: ConnectionState, env: ConnectionEnv, out: ConnectionSink): void {
  out.cancelTimer(connectionTimer);
  state.stage = 'closing';
  state.phase = 'closing';
  publish(state, env, out);
  if (state.operation === 'none') say(state, 'closing', env, out);
}

/** End the session at once; the session kernel answers with its end. */
export function endNow(
  state: ConnectionState,
  end: 'peer-dead' | 'peer-restarted' | 'peer-reset',
  out: ConnectionSink,
): void {
  out.cancelTimer(connectionTimer);
  state.stage = 'ending';
  state.end = end;
  out.deliver({ type: 'end-session', end });
}

/** The session is over. Its endpoint is used up. */
export function sessionEnded(state: ConnectionState, end: SessionEnd, env: ConnectionEnv, out: ConnectionSink): void {
  out.cancelTimer(connectionTimer);
  // A session that was told to end knows no better reason than the one it was told for.
  if (state.stage !== 'ending' || end !== 'peer-dead') state.end = end;
  if (env.rules.renewsEndpoint()) state.endpoint++;
  forgetPeer(state);
  leave(state, env, out);
}
