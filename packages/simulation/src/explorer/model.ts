import type { Decoder, Encoder } from '@holdfast/kernel';

/** Must hold in every reachable state; the answer is the violation as a sentence. */
export interface Always<View> {
  readonly kind: 'always';
  readonly name: string;
  /** It depends on nothing but what is durable: the simulator looks again only after a disk changed. */
  readonly ofDisks?: boolean;
  violation(view: View): string | undefined;
}

/** Must hold in every reachable state in which nothing is in flight; the answer is the violation as a sentence. */
export interface Quiescent<View> {
  readonly kind: 'quiescent';
  readonly name: string;
  violation(view: View): string | undefined;
}

/** Must hold in at least one reachable state: guards a proof against being empty. */
export interface Sometimes<View> {
  readonly kind: 'sometimes';
  readonly name: string;
  holds(view: View): boolean;
}

/** From every reachable state a state in which it holds must stay reachable: no dead end, no livelock without exit. */
export interface CanFinish<View> {
  readonly kind: 'canFinish';
  readonly name: string;
  holds(view: View): boolean;
}

export type Property<View> = Always<View> | Quiescent<View> | Sometimes<View> | CanFinish<View>;

export const always = <View>(
  name: string,
  violation: (view: View) => string | undefined,
  { ofDisks = false }: { readonly ofDisks?: boolean } = {},
): Always<View> => ({ kind: 'always', name, violation, ofDisks });

export const quiescent = <View>(name: string, violation: (view: View) => string | undefined): Quiescent<View> => ({
  kind: 'quiescent',
  name,
  violation,
});

export const sometimes = <View>(name: string, holds: (view: View) => boolean): Sometimes<View> => ({
  kind: 'sometimes',
  name,
  holds,
});

export const canFinish = <View>(name: string, holds: (view: View) => boolean): CanFinish<View> => ({
  kind: 'canFinish',
  name,
  holds,
});

/**
 * A finite transition system that {@link explore} walks completely.
 *
 * States are handed out as fresh values by `decode`, so `apply` may change its argument. Actions are small integers
 * that mean something only together with the state they were listed for.
 */
export interface Model<State> {
  readonly name: string;
  readonly properties: readonly Property<State>[];
  initial(): State;
  /** Canonical: equal states give equal bytes. */
  encode(state: State, into: Encoder): void;
  decode(from: Decoder): State;
  /**
   * Make `to` equal to `from`, sharing nothing that `apply` changes. Where omitted, states are decoded again for every
   * action; with it `apply` must return its argument or something that keeps no hold of it.
   */
  copy?(from: State, to: State): void;
  /** Append every action enabled in `state`. */
  actions(state: State, into: number[]): void;
  /** The action as a line of a trace. */
  label(state: State, action: number): string;
  /** The action as data, to be done again by other means. */
  data?(state: State, action: number): unknown;
  /** The state after the action; may be `state`, changed. */
  apply(state: State, action: number): State;
  /** Whether nothing is in flight; where omitted, a state is quiet when no action is enabled. */
  quiet?(state: State): boolean;
  /** Whether it is fine that nothing is enabled in `state`; where omitted, every such state is a deadlock. */
  final?(state: State): boolean;
  /**
   * The one state that stands for all that differ from `state` only by renaming interchangeable parts, such as the
   * smallest after sorting. It may be overwritten by the next call.
   */
  canonical?(state: State): State;
  /** What has been seen of the kernels' tables so far. */
  cells?(): CellEvidence;
}

/** How many cells each class has, and how many handled and ignored ones were reached. */
export interface CellCounts {
  handled: number;
  ignored: number;
  impossible: number;
  evidenced: number;
}

export interface CellEvidence extends CellCounts {
  /** Handled and ignored cells that were not reached, as `kernel: row x column`. */
  missing: string[];
  /** Impossible cells that were reached: each contradicts the table. */
  contradicted: string[];
}
