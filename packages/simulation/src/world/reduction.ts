import type { CallSpec } from './call-spec.ts';
import type { WorldView } from './view.ts';

/** A step that a {@link Reduction} may name: an arrival or a call. */
export type ReducibleStep =
  | {
      readonly kind: 'deliver';
      readonly from: number;
      readonly to: number;
      /** The number by which the receiver knows the link. */
      readonly port: number;
      readonly message: unknown;
    }
  | { readonly kind: 'call'; readonly call: CallSpec };

export type StepTime = 'soon' | 'late' | 'any';

/**
 * Steps of which only one place in the order is explored, because no other place leads anywhere else.
 *
 * `soon`: taken as soon as it is possible, as part of the step that made it so. Sound where such a step commutes with every other that is possible beside
 * it, stays possible and `soon` after it (or is gone, and the world is as it would be after both), where such steps cannot
 * follow each other for ever, and where none makes good what a property objects to.
 *
 * `late`: not taken while anything else is possible that is not late. Sound where such a step, too, commutes with every other
 * but the calls of its own node, and where a property sees no difference between before and after it.
 *
 * `checkReduction` holds all of this against every reachable state of a world.
 */
export interface Reduction {
  time(view: WorldView, step: ReducibleStep): StepTime;
}
