/** How a call ended, as far as its caller can know. */
export type OperationEnd<Result> =
  | { readonly outcome: 'answered'; readonly at: number; readonly result: Result }
  /** The caller gave up or died, or was told that nobody knows: it took effect, will do so some day, or never does. */
  | { readonly outcome: 'unknown' }
  /** It certainly had no effect. */
  | { readonly outcome: 'refused' };

/** One call of a recorded history. Times are numbers of one clock that all processes share; only their order counts. */
export interface Operation<Call, Result> {
  /** The object it was made on. Objects are judged one by one: a history is linearizable if that of each object is. */
  readonly key: string | number;
  /** Who made it, for the explanation of a violation. */
  readonly process: string | number;
  readonly call: Call;
  readonly invoked: number;
  /** Absent while the call is pending, which says no more than `unknown`. */
  readonly end?: OperationEnd<Result>;
}

/** What an object does when calls come one at a time. States are immutable. */
export interface SequentialModel<State, Call, Result> {
  readonly name: string;
  readonly initial: State;
  /** The state after `call` answered `result` in `state`; undefined where it would not have. No result: any will do. */
  next(state: State, call: Call, result: Result | undefined): State | undefined;
  /**
   * Whether a call that answers `result` changes nothing, whatever it finds. Where its answer fits it is put in order at
   * once; a call that merely happens to change nothing now must be able to wait.
   */
  isLook(call: Call, result: Result | undefined): boolean;
  /** Two states are the same if and only if their texts are. */
  stateText(state: State): string;
  /**
   * What to take a call of unknown outcome for, given all calls on its object: undefined where no answer depends on it,
   * so that it is left out, and one and the same call for all between which no answer can tell. Each different one
   * multiplies the orders to look through.
   */
  takeUnknown?(operations: readonly Operation<Call, Result>[]): (call: Call) => Call | undefined;
  /** Lets the search look ahead. */
  readonly values?: ObservedValues<State, Call, Result>;
}

/**
 * What calls show of the value an object holds, as texts. A value that only one call leaves is there once at most: every
 * call that saw it belongs between that call and the next change. Histories whose writes all differ are searched in
 * next to no time that way.
 */
export interface ObservedValues<State, Call, Result> {
  held(state: State): string;
  /** The value that was held if the call answered `result`; undefined where the answer does not tell. */
  seen(call: Call, result: Result): string | undefined;
  /** The value held after a call that is no look; undefined where that is not known. */
  left(call: Call, result: Result | undefined): string | undefined;
  /** Whether an answered call that is no look leaves that value for sure, not only perhaps. */
  isSure(call: Call): boolean;
}
