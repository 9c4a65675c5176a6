import type { Operation, SequentialModel } from './operation.ts';

/** One call as the oracle sees it: it must have taken effect, or it may have. */
export interface OracleCall<Call, Result> {
  readonly operation: Operation<Call, Result>;
  readonly must: boolean;
}

const answerAt = ({ end }: Operation<unknown, unknown>): number =>
  end?.outcome === 'answered' ? end.at : Number.POSITIVE_INFINITY;

/** All orders of all subsets of some numbers. */
function* arrangements(numbers: readonly number[]): Generator<readonly number[]> {
  yield [];
  for (const first of numbers) {
    for (const rest of arrangements(numbers.filter((number) => number !== first))) yield [first, ...rest];
  }
}

/**
 * Whether some order of some of the calls explains all answers, found by writing down every order there is: an oracle to
 * hold a new {@link SequentialModel} against, for up to about six calls.
 */
export function someOrderExplains<State, Call, Result>(
  calls: readonly OracleCall<Call, Result>[],
  model: SequentialModel<State, Call, Result>,
): boolean {
  for (const order of arrangements([...calls.keys()])) {
    if (calls.some(({ must }, index) => must && !order.includes(index))) continue;
    const isInTime = order.every((index, place) =>
      order.slice(place + 1).every((later) => answerAt(calls[later]!.operation) >= calls[index]!.operation.invoked),
    );
    if (isInTime && answersFit(order, calls, model)) return true;
  }
  return false;
}

function answersFit<State, Call, Result>(
  order: readonly number[],
  calls: readonly OracleCall<Call, Result>[],
  model: SequentialModel<State, Call, Result>,
): boolean {
  let state: State | undefined = model.initial;
  for (const index of order) {
    const { call, end } = calls[index]!.operation;
    state = model.next(state, call, end?.outcome === 'answered' ? end.result : undefined);
    if (state === undefined) return false;
  }
  return true;
}

/** What of a history counts, for the oracle. */
export const counted = <Call, Result>(history: readonly Operation<Call, Result>[]): OracleCall<Call, Result>[] =>
  history
    .filter(({ end }) => end?.outcome !== 'refused')
    .map((operation) => ({ operation, must: operation.end?.outcome === 'answered' }));

/** The history up to and with the `answers`-th answer; calls open then may have taken effect, and answer what they do later. */
export function beginning<Call, Result>(
  history: readonly Operation<Call, Result>[],
  answers: number,
): OracleCall<Call, Result>[] {
  const last = history.map(answerAt).sort((a, b) => a - b)[answers - 1]!;
  return counted(history)
    .filter(({ operation }) => operation.invoked <= last)
    .map(({ operation }) => ({ operation, must: answerAt(operation) <= last }));
}
