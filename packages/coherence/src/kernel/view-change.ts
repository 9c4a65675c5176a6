import { beginSaving, isUnsaved, noBackup } from './backup.ts';
import { noCalls } from './call-set.ts';
import { difference, noNodes, union, withNode } from './node-set.ts';
import { isForgettable } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { advance } from './object-kernel.ts';
import { type NodeId, type ObjectEntry, type ObjectMessage, type ObjectSink, saver } from './object-types.ts';
import { forgoUnknown, mayBeDone } from './once.ts';
import { saved } from './saved.ts';
import { decide, obey } from './view-decision.ts';
import { entryOf, formerly, servedEnv, stays, stepObject } from './view-entries.ts';
import type { ViewEnv } from './view-env.ts';
import { drain, reportOf, settle, takeBack } from './view-objects.ts';
import { ObjectVoice, silent } from './view-sink.ts';
import type {
  Report,
  Reported,
  Undelivered,
  Verdict,
  View,
  ViewKey,
  ViewMessage,
  ViewSink,
  ViewState,
} from './view-types.ts';

type MessageOf<Type extends ViewMessage['type']> = Extract<ViewMessage, { type: Type }>;

/** The next view: nothing more is sent in the old epoch, and every member is told so. */
export function beginChange(
  state: ViewState,
  view: View,
  undelivered: readonly Undelivered[],
  env: ViewEnv,
  out: ViewSink,
): void {
  if (env.rules.forgoesUndecided()) forgoUndecided(state, env, out);
  const { early } = state;
  for (const { from, key, message } of early) drainOne(state, from, key, message, view, env, out);
  if (env.rules.takesBack()) for (const each of undelivered) takeOneBack(state, each, env);
  const isFirst = !state.view.members.includes(env.self);
  if (isFirst) state.since = view.epoch;
  else state.left = union(state.left, difference(state.view.members, view.members));
  state.view = view;
  state.reports = [];
  state.reported = noNodes;
  state.settled = noNodes;
  state.early = [];
  state.phase = view.members.includes(env.self) ? 'draining' : 'outside';
  if (state.phase === 'outside') return;
  const { since } = state;
  for (const other of othersIn(view, env)) out.send(other, { type: 'MARKER', epoch: view.epoch, since });
  reportWhenDrained(state, env, out);
}

/**
 * This node has reported in a change that is now given up: a default owner may have decided, and begun an object anew that
 * knows nothing of what was done. So what may have been done is not asked for again.
 */
function forgoUndecided(state: ViewState, env: ViewEnv, out: ViewSink): void {
  if (state.phase !== 'gathering' && state.phase !== 'settling') return;
  for (const [key, entry] of state.objects) {
    if (!stays(state, key, env)) forgoUnknown(entry, new ObjectVoice(state, key, out, silent));
  }
}

const othersIn = ({ members }: View, { self }: ViewEnv): readonly NodeId[] => difference(members, [self]);

function takeOneBack(state: ViewState, { to, message }: Undelivered, env: ViewEnv): void {
  if (message.type !== 'OBJECT') return;
  const { key } = message;
  takeBack(entryOf(state, key, env), to, message.message, servedEnv(state, key, env));
}

/** A message of the old epoch from a node that `view` may or may not name. */
export function drainOne(
  state: ViewState,
  from: NodeId,
  key: ViewKey,
  message: ObjectMessage,
  view: View,
  env: ViewEnv,
  out: ViewSink,
): void {
  if (!env.rules.drains(message, view.members.includes(from))) return;
  const objectEnv = servedEnv(state, key, env);
  drain(entryOf(state, key, env), from, message, objectEnv, new ObjectVoice(state, key, out, silent));
}

export function markerArrived(
  state: ViewState,
  from: NodeId,
  { epoch, since }: MessageOf<'MARKER'>,
  env: ViewEnv,
  out: ViewSink,
): void {
  state.marked = [...state.marked.filter(({ node }) => node !== from), { node: from, epoch, since }].sort(
    (a, b) => a.node - b.node,
  );
  if (state.phase === 'draining') reportWhenDrained(state, env, out);
}

const includesAll = (set: readonly NodeId[], wanted: readonly NodeId[]): boolean =>
  wanted.every((node) => set.includes(node));

/** All old messages between members have arrived: what is here is all there is. */
function reportWhenDrained(state: ViewState, env: ViewEnv, out: ViewSink): void {
  const { view, marked } = state;
  const awaited = env.rules.awaitedMarkers(othersIn(view, env));
  if (
    !includesAll(
      marked.filter(({ epoch }) => epoch >= view.epoch).map(({ node }) => node),
      awaited,
    )
  )
    return;
  state.phase = 'gathering';
  const reports = new Map<NodeId, Report[]>(view.members.map((member) => [member, []]));
  for (const [key, entry] of state.objects) {
    if (stays(state, key, env)) continue;
    settle(entry, difference(view.members, state.left), servedEnv(state, key, env), env.rules);
    const report = reportOf(key, entry, formerly(state, key, env));
    const { defaultOwner } = env.objectEnv(key, view);
    // What became of the object also decides whether a call of this node may be made again.
    const wantsVerdict = report.role !== 'none' || report.shadow >= 0 || mayBeDone(entry);
    if (wantsVerdict || defaultOwner === env.self) reports.get(defaultOwner)?.push(report);
  }
  for (const other of othersIn(view, env)) sendReports(other, reports.get(other) ?? [], view, env, out);
  reportsArrived(state, env.self, { reports: reports.get(env.self) ?? [], last: true }, env, out);
}

function sendReports(
  to: NodeId,
  reports: readonly Report[],
  { epoch }: View,
  { reportsPerMessage }: ViewEnv,
  out: ViewSink,
): void {
  for (const { items, last } of chunksOf(reports, reportsPerMessage)) {
    out.send(to, { type: 'REPORT', epoch, reports: items, last });
  }
}

/** At least one chunk, the last one marked. */
function chunksOf<Item>(items: readonly Item[], length: number): { items: readonly Item[]; last: boolean }[] {
  const chunks: { items: readonly Item[]; last: boolean }[] = [];
  for (let start = 0; start === 0 || start < items.length; start += length) {
    chunks.push({ items: items.slice(start, start + length), last: start + length >= items.length });
  }
  return chunks;
}

export function reportsArrived(
  state: ViewState,
  from: NodeId,
  { reports, last }: Pick<MessageOf<'REPORT'>, 'reports' | 'last'>,
  env: ViewEnv,
  out: ViewSink,
): void {
  // In order of the nodes, so that it makes no difference who reported first.
  if (reports.length > 0) {
    const more = reports.map((report) => ({ from, report }));
    state.reports = [...state.reports, ...more].sort((a, b) => a.from - b.from);
  }
  if (last) state.reported = withNode(state.reported, from);
  if (state.phase === 'gathering') decideWhenReported(state, env, out);
}

/** All that members have of the objects of this default owner is known. */
function decideWhenReported(state: ViewState, env: ViewEnv, out: ViewSink): void {
  const { view } = state;
  if (!includesAll(state.reported, env.rules.awaitedReports(view.members))) return;
  state.phase = 'settling';
  const verdicts = new Map<NodeId, Verdict[]>(view.members.map((member) => [member, []]));
  for (const [key, reported] of byKey(state.reports)) {
    const decided = decide(key, reported, {
      defaultOwner: env.self,
      epoch: view.epoch,
      backup: env.backup,
      deaths: state.left.length,
      knew: knew(state, key, env),
      rules: env.rules,
    });
    const verdict = env.rules.tellsAll(decided) ? { ...decided, rmset: view.members } : decided;
    out.trace(verdict.exists ? 'survives' : 'gone', verdict.owner, typeof key === 'number' ? key : 0);
    const isHere = reported.some(({ from }) => from === env.self);
    const informed = verdict === decided ? reported.map(({ from }) => from) : view.members;
    for (const member of informed) if (member !== env.self || isHere) verdicts.get(member)?.push(verdict);
    if (!isHere) obeyOne(state, verdict, env, out);
  }
  state.reports = [];
  for (const other of othersIn(view, env)) {
    for (const { items, last } of chunksOf(verdicts.get(other) ?? [], env.reportsPerMessage)) {
      out.send(other, { type: 'VERDICT', epoch: view.epoch, verdicts: items, last });
    }
  }
  verdictsArrived(state, env.self, { verdicts: verdicts.get(env.self) ?? [], last: true }, env, out);
}

/** Whether a missing entry here says that the object is absent: nobody else could create it unseen. */
function knew(state: ViewState, key: ViewKey, env: ViewEnv): boolean {
  const isNext = state.served.epoch + 1 === state.view.epoch && state.served.members.includes(env.self);
  return isNext && state.objects.get(key) === undefined && formerly(state, key, env) === env.self;
}

function byKey(reports: readonly Reported[]): Map<ViewKey, Reported[]> {
  const found = new Map<ViewKey, Reported[]>();
  for (const each of reports) {
    const list = found.get(each.report.key);
    if (list === undefined) found.set(each.report.key, [each]);
    else list.push(each);
  }
  return found;
}

function obeyOne(state: ViewState, verdict: Verdict, env: ViewEnv, out: ViewSink): void {
  const entry = entryOf(state, verdict.key, env);
  obey(entry, verdict, env.objectEnv(verdict.key, state.view), env.rules);
  if (!verdict.survived && env.rules.forgoesUnknown())
    forgoUnknown(entry, new ObjectVoice(state, verdict.key, out, silent));
}

export function verdictsArrived(
  state: ViewState,
  from: NodeId,
  { verdicts, last }: Pick<MessageOf<'VERDICT'>, 'verdicts' | 'last'>,
  env: ViewEnv,
  out: ViewSink,
): void {
  for (const verdict of verdicts) obeyOne(state, verdict, env, out);
  if (last) state.settled = withNode(state.settled, from);
  const { phase, settled, view } = state;
  if (phase === 'settling' && includesAll(settled, env.rules.awaitedVerdicts(view.members))) resume(state, env, out);
}

/** Every object has one owner, and every entry points to it or to the default owner: calls go on. */
function resume(state: ViewState, env: ViewEnv, out: ViewSink): void {
  const { left, view, early } = state;
  const paused = [...state.objects]
    .filter(([key]) => !stays(state, key, env))
    .map(([key, entry]) => ({ key, entry, before: formerly(state, key, env) }));
  state.phase = 'open';
  state.served = view;
  state.reported = noNodes;
  state.settled = noNodes;
  state.early = [];
  state.left = noNodes;
  if (env.self === view.members[0] && (!env.backup || left.length > 1)) {
    for (const node of left) out.deliver({ type: 'objects-unknown', node });
  }
  out.deliver({ type: 'resumed', epoch: view.epoch });
  for (const { key, entry, before } of paused) resumeOne(state, key, entry, before, env, out);
  for (const { from, key, message } of early) stepObject(state, key, { type: 'message', from, message }, env, out);
}

function resumeOne(
  state: ViewState,
  key: ViewKey,
  entry: ObjectEntry,
  before: NodeId,
  env: ViewEnv,
  out: ViewSink,
): void {
  const objectEnv = env.objectEnv(key, state.view);
  // The default owner itself has decided: where it points is the owner.
  if (entry.status === 'INV_COPY' && entry.probOwner === before && objectEnv.defaultOwner !== env.self) {
    entry.probOwner = env.rules.pointsTo(objectEnv.defaultOwner, before);
  }
  // Whoever was to answer these calls has forgotten them.
  const interrupted = entry.underway;
  entry.underway = noCalls;
  for (const call of interrupted) out.reply(call, { key, result: { outcome: 'interrupted' } });
  goOn(entry, state.view, objectEnv, new ObjectVoice(state, key, out, state.view.epoch));
  if (isForgettable(entry, objectEnv)) state.objects.delete(key);
}

/** What was on its way to a shadow is sent again, to whoever keeps it now; then calls are served. */
function goOn(entry: ObjectEntry, { members }: View, env: ObjectEnv, out: ObjectSink): void {
  if (entry.backup.at >= 0 && !members.includes(entry.backup.at)) entry.backup = { ...entry.backup, at: -1 };
  const { unsaved, pending } = entry.backup;
  const isWaiting = pending !== undefined || entry.writer === saver;
  if (unsaved && env.shadowNode === undefined) {
    if (isWaiting) saved(entry, -1, env, out);
    else entry.backup = noBackup;
  } else if (isWaiting) {
    beginSaving(entry, pending, env, out);
  }
  if (entry.queue.length > 0 || isUnsaved(entry)) advance(entry, env, out);
}
