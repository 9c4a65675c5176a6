import { ProtocolError } from '@holdfast/kernel';
import { viewsComingMax } from '../limits.ts';
import { beginChange } from './view-change.ts';
import type { ViewEnv } from './view-env.ts';
import type { Undelivered, View, ViewSink, ViewState } from './view-types.ts';

/** The last view this node was told of. */
export const latest = ({ coming, view }: ViewState): View => coming.at(-1) ?? view;

/**
 * A view that leaves somebody out is begun at once: nobody will end the change under way. Any other waits for the end of
 * that change, so that all members come to it from the same view, and agree on the objects that go on through it.
 */
export function viewCame(
  state: ViewState,
  view: View,
  undelivered: readonly Undelivered[],
  env: ViewEnv,
  out: ViewSink,
): void {
  const isSplit = latest(state).members.some((member) => !view.members.includes(member));
  if (isSplit || state.phase === 'outside' || !env.rules.putsOff()) {
    state.coming = [];
    beginChange(state, view, undelivered, env, out);
    return;
  }
  if (state.coming.length >= viewsComingMax) {
    throw new ProtocolError('view', state.phase, 'view', `${viewsComingMax} views wait for the end of a change`);
  }
  state.coming = [...state.coming, view];
}

/**
 * Begin what was put off. A member that joined may have begun with a later view than the first that names it; then
 * nobody can end the change to the earlier one, nor has anybody, and all go on to the next.
 */
export function beginComing(state: ViewState, env: ViewEnv, out: ViewSink): void {
  for (let [next] = state.coming; next !== undefined && (state.phase === 'open' || isSkipped(state, env)); ) {
    state.coming = state.coming.slice(1);
    beginChange(state, next, [], env, out);
    [next] = state.coming;
  }
}

const isSkipped = ({ view, marked }: ViewState, { rules }: ViewEnv): boolean =>
  marked.some(({ node, since }) => view.members.includes(node) && rules.skips(since, view.epoch));
