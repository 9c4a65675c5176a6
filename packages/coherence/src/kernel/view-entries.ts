import { enqueue } from './entry-queue.ts';
import { onlyNode } from './node-set.ts';
import { initialEntry, isForgettable } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import { happen, objectKernel } from './object-kernel.ts';
import type { NodeId, ObjectEntry, ObjectEvent } from './object-types.ts';
import type { ViewEnv } from './view-env.ts';
import { reportOf } from './view-objects.ts';
import { ObjectVoice, silent } from './view-sink.ts';
import type { View, ViewKey, ViewSink, ViewState } from './view-types.ts';

/** The constants of an object in the view its entry was made in. A node that joins is alone before. */
export function servedEnv({ served }: ViewState, key: ViewKey, env: ViewEnv): ObjectEnv {
  return env.objectEnv(key, served.members.length === 0 ? { epoch: 0, members: [env.self] } : served);
}

/** The default owner that an entry without news points to: that of the view it was made in. */
export const formerly = (state: ViewState, key: ViewKey, env: ViewEnv): NodeId =>
  servedEnv(state, key, env).defaultOwner;

/**
 * Whether calls on an object go on through this change of view: nobody left, and its default owner stays. All members
 * agree: a view that leaves nobody out is begun by all once they served the one before, or by none of them.
 */
export function stays(state: ViewState, key: ViewKey, env: ViewEnv): boolean {
  const { phase, served, view } = state;
  if (phase === 'open' || phase === 'outside' || served.epoch + 1 !== view.epoch) return false;
  if (!served.members.includes(env.self) || state.left.length > 0) return false;
  // Who was alone had nobody to keep its values: the change finds another node for them.
  if (env.backup && served.members.length === 1) return false;
  return env.rules.staysHome(formerly(state, key, env), env.objectEnv(key, view).defaultOwner);
}

/**
 * What goes on through a change belongs to the old epoch until this node has sent its verdicts, and with them its leave
 * to go on in the new one.
 */
function epochOf({ phase, served, view }: ViewState): number {
  return phase === 'open' || phase === 'settling' ? view.epoch : served.epoch;
}

/** The entry of an object; a missing one stands for an absent object at its default owner. */
export function entryOf(state: ViewState, key: ViewKey, env: ViewEnv): ObjectEntry {
  const known = state.objects.get(key);
  if (known !== undefined) return known;
  const entry = missingEntry(state, key, env);
  state.objects.set(key, entry);
  return entry;
}

/** Once this node has reported, what it had without an entry belongs to the default owner of the new view. */
function missingEntry(state: ViewState, key: ViewKey, env: ViewEnv): ObjectEntry {
  const { served, view, phase } = state;
  const { self } = env;
  const defaultOwner = formerly(state, key, env);
  const hasReported = phase === 'gathering' || phase === 'settling';
  const isHome = view.members.includes(self) && env.objectEnv(key, view).defaultOwner === self;
  if (phase === 'settling' && isHome) return absentSince(view, env);
  const isAbsentHere = defaultOwner === self && served.members.includes(self) && (isHome || !hasReported);
  const entry = isAbsentHere ? absentSince(served, env) : initialEntry({ self: -1, defaultOwner });
  if (phase === 'gathering' && isHome && !stays(state, key, env)) {
    const report = reportOf(key, entry, defaultOwner);
    state.reports = [...state.reports, { from: self, report }].sort((one, two) => one.from - two.from);
  }
  return entry;
}

/** An object that its default owner never heard of. */
function absentSince({ epoch }: View, { self, rules }: ViewEnv): ObjectEntry {
  const entry = initialEntry({ self, defaultOwner: self });
  entry.version = rules.versionFloor(epoch);
  entry.incarnation = entry.version;
  entry.rmset = onlyNode(self);
  return entry;
}

/** What happens to one object. While the view changes leases end and loads do, but no call begins. */
export function stepObject(state: ViewState, key: ViewKey, event: ObjectEvent, env: ViewEnv, out: ViewSink): void {
  const goesOn = stays(state, key, env);
  const entry = entryOf(state, key, env);
  if (state.phase === 'open' || goesOn || !env.rules.holdsCalls()) {
    const objectEnv = goesOn ? servedEnv(state, key, env) : env.objectEnv(key, state.view);
    objectKernel.step(entry, event, objectEnv, new ObjectVoice(state, key, out, epochOf(state)));
    if (isForgettable(entry, objectEnv)) state.objects.delete(key);
    return;
  }
  const objectEnv = servedEnv(state, key, env);
  if (event.type === 'find') out.reply(event.call, { key, result: { outcome: 'absent' } });
  else if (event.type === 'grab') enqueue(entry, event, objectEnv);
  else happen(entry, event, objectEnv, new ObjectVoice(state, key, out, silent));
}
