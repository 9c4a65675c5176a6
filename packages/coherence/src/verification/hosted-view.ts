import type { Undelivered, View, ViewMessage, ViewState } from '../kernel/view-types.ts';

/** The view kernel and what its host knows of sessions. */
export interface HostedView {
  state: ViewState;
  /** The views that were told to a member which has nothing of the set yet; undefined on all others. */
  missed: readonly View[] | undefined;
  /** What it was told in views that it has not heard of yet. */
  early: readonly { readonly from: number; readonly message: ViewMessage }[];
  /** Nodes this one has no session with. */
  down: readonly number[];
  /** Members whose session is over, and which no view has left out yet. */
  ended: readonly number[];
  /** What the nodes that went down since the last view did not receive. */
  undelivered: readonly Undelivered[];
  /** Calls begun in this life: those that must be done once at most have numbers of their own. */
  begun: number;
}
