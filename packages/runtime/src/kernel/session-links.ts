import { sayClose } from './session-close.ts';
import type { SessionEnv } from './session-env.ts';
import { acknowledge, assignLinks, bestLink, header, preferBest, pump, type SessionSink } from './session-transfer.ts';
import { firstLinkTimer, type LinkId, type LinkState, retentionTimer, type SessionState } from './session-types.ts';

const linkTimer = (link: LinkId): number => firstLinkTimer + link;

/** How long a link that failed `flaps` times since it was steady is left alone between tries. */
function backoffMs(flaps: number, env: SessionEnv): number {
  return Math.min(env.timings.probeMs * 2 ** Math.max(0, flaps - 1), env.timings.probeMsMax);
}

function enter(state: SessionState, link: LinkId, to: LinkState, out: SessionSink): void {
  const record = state.links[link]!;
  record.state = to;
  out.deliver({ type: 'link', link, state: to, epoch: record.epoch, confirmed: record.confirmed });
}

/** Start the links of a new session: see {@link OpenCall}. */
export function startLinks(state: SessionState, agreed: readonly LinkId[], env: SessionEnv, out: SessionSink): void {
  for (const link of agreed) {
    const record = state.links[link]!;
    if (record.carrier) {
      record.confirmed = true;
      enter(state, link, 'up', out);
    }
  }
  const best = bestLink(state);
  for (const each of state.classes) each.link = best;
  for (const link of agreed) if (!state.links[link]!.carrier) failLink(state, link, env, out);
  settle(state, env, out);
}

/** The link failed here: nothing of its epoch counts any more, and the peer is told so. */
export function failLink(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  fence(state, link, env.rules.epochAfterFailure(record.epoch), false, env, out);
  if (env.rules.tellsFence()) tellFence(state, link, env, out);
}

function fence(
  state: SessionState,
  link: LinkId,
  epoch: number,
  confirmed: boolean,
  env: SessionEnv,
  out: SessionSink,
): void {
  const record = state.links[link]!;
  record.epoch = epoch;
  record.confirmed = confirmed;
  record.carrier = false;
  record.rested = false;
  record.flaps = Math.min(record.flaps + 1, env.flapsMax);
  enter(state, link, 'fenced', out);
  out.setTimer(linkTimer(link), backoffMs(record.flaps, env));
  settle(state, env, out);
}

/**
 * FENCE goes over the best link, and over the fenced link itself once its carrier is there: the peer may have fenced
 * the very link that is best here, and then hears nothing on it that is not of its new epoch.
 */
function tellFence(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  const best = bestLink(state);
  if (best !== -1) sendFence(state, link, best, env, out);
  if (record.carrier) sendFence(state, link, link, env, out);
}

function sendFence(state: SessionState, link: LinkId, via: LinkId, env: SessionEnv, out: SessionSink): void {
  const { epoch } = state.links[via]!;
  const linkEpoch = state.links[link]!.epoch;
  out.send(via, { type: 'fence', ...header(state, env, epoch), link, linkEpoch });
}

/** The peer asks to refuse everything on `link` older than `epoch`. */
export function fenceHeard(
  state: SessionState,
  link: LinkId,
  epoch: number,
  via: LinkId,
  env: SessionEnv,
  out: SessionSink,
): void {
  const record = state.links[link]!;
  if (epoch > record.epoch) fence(state, link, epoch, true, env, out);
  else if (epoch === record.epoch) confirm(state, link, env, out);
  const best = bestLink(state);
  const answerVia = best !== -1 ? best : via;
  const { epoch: answerEpoch } = state.links[answerVia]!;
  out.send(answerVia, { type: 'fenced', ...header(state, env, answerEpoch), link, linkEpoch: record.epoch });
}

/** The peer holds the link at `epoch`. */
export function fencedHeard(state: SessionState, link: LinkId, epoch: number, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  if (epoch > record.epoch) fence(state, link, epoch, true, env, out);
  else if (epoch === record.epoch) confirm(state, link, env, out);
}

/** The peer is known to hold the link's epoch: memory of older epochs may be reused, and the link may be probed. */
export function confirm(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  if (record.confirmed) return;
  record.confirmed = true;
  enter(state, link, 'fenced', out);
  probeIfReady(state, link, env, out);
}

export function restoreLink(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  record.carrier = true;
  if (record.state === 'suspect') {
    linkUp(state, link, env, out);
  } else if (record.state === 'down') {
    record.confirmed = true;
    startProbing(state, link, env, out);
  } else if (record.confirmed) {
    probeIfReady(state, link, env, out);
  } else {
    tellFence(state, link, env, out);
  }
}

/**
 * The hold-down spares a good link from a bad one. Where no link is left there is nothing to spare: a fenced link is
 * probed as soon as it can be, unless it failed so often that probing is all that would be done.
 */
function probeIfReady(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  const hurry = bestLink(state) === -1 && record.flaps < env.flapsMax;
  if (record.state === 'fenced' && env.rules.mayProbe(record, hurry)) startProbing(state, link, env, out);
}

function startProbing(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  enter(state, link, 'probing', out);
  probe(state, link, env, out);
}

function probe(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  out.send(link, { type: 'probe', ...header(state, env, record.epoch) });
  out.setTimer(linkTimer(link), backoffMs(record.flaps, env));
}

/**
 * A probe shows that the peer holds the link's epoch. It is answered once this side's end is ready for the epoch too:
 * a link that was not agreed on joins the session this way, as soon as both sides have its carrier.
 */
export function probeHeard(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  if (record.state === 'down' && record.carrier) restoreLink(state, link, env, out);
  else if (record.state === 'fenced') confirm(state, link, env, out);
  if (record.state === 'down' || record.state === 'fenced') return;
  out.send(link, { type: 'probed', ...header(state, env, record.epoch) });
}

export function linkUp(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  enter(state, link, 'up', out);
  settle(state, env, out);
  const preferred = state.classes.some((each) => each.link > link);
  if (preferred || state.links[link]!.flaps > 0) out.setTimer(linkTimer(link), env.timings.steadyMs);
  else out.cancelTimer(linkTimer(link));
}

export function suspectLink(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  enter(state, link, 'suspect', out);
  out.cancelTimer(linkTimer(link));
  settle(state, env, out);
}

/** The timer of a link fired: it means something else in each of its states. */
export function linkTimerFired(state: SessionState, link: LinkId, env: SessionEnv, out: SessionSink): void {
  const record = state.links[link]!;
  if (record.state === 'fenced') {
    record.rested = true;
    probeIfReady(state, link, env, out);
    if (record.state !== 'fenced' || record.confirmed || !env.rules.repeatsFence()) return;
    tellFence(state, link, env, out);
    out.setTimer(linkTimer(link), backoffMs(record.flaps, env));
  } else if (record.state === 'probing') {
    probe(state, link, env, out);
  } else {
    record.flaps = 0;
    preferBest(state, env, out);
    pump(state, env, out);
  }
}

/** After any change of a link: put the classes where they can go, and start or end the retention time. */
export function settle(state: SessionState, env: SessionEnv, out: SessionSink): void {
  assignLinks(state, env, out);
  const usable = bestLink(state) !== -1;
  if (usable === !state.retained) {
    pump(state, env, out);
    return;
  }
  state.retained = !usable;
  if (usable) {
    out.cancelTimer(retentionTimer);
    out.deliver({ type: 'resumed' });
    pump(state, env, out);
    acknowledge(state, false, env, out);
    if (state.phase === 'closing') sayClose(state, env, out);
  } else {
    out.deliver({ type: 'retained' });
    out.setTimer(retentionTimer, env.timings.retentionMs);
    for (let link = 0; link < state.links.length; link++) probeIfReady(state, link, env, out);
  }
}
