import type { ObjectEnv } from './object-env.ts';
import type { NodeId } from './object-types.ts';
import type { ViewRules } from './view-rules.ts';
import type { View, ViewKey } from './view-types.ts';

export interface ViewEnv {
  readonly self: NodeId;
  /** The view a node starts in; none where it joins later, and waits for the view that names it. */
  readonly firstView: View | undefined;
  /** The constants of one object in a view. Its default owner is a function of key and view, the same on all nodes. */
  objectEnv(key: ViewKey, view: View): ObjectEnv;
  /** Whether every value written is on two nodes before anybody sees it: then one death at a time loses nothing. */
  readonly backup: boolean;
  /** Objects that one message reports on, at most. */
  readonly reportsPerMessage: number;
  readonly rules: ViewRules;
}
