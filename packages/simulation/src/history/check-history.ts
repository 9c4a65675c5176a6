import { HistoryError } from '../errors.ts';
import { explainedCallsMax, explainedObjectsMax, orderingsMaxDefault } from '../limits.ts';
import type { Operation, SequentialModel } from './operation.ts';
import { OrderingSearch } from './ordering-search.ts';
import { type Timeline, timelineOf } from './timeline.ts';

export interface HistoryOptions {
  /** Half-made orders looked at for one object before it counts as undecided; 20 million where omitted. */
  readonly orderingsMax?: number;
}

/** Why the history of one object is not linearizable. */
export interface HistoryViolation<Call, Result> {
  readonly key: string | number;
  /** Answers of the shortest beginning of the history that has no order, given what the calls open then answer later. */
  readonly answers: number;
  /** The last of them: it fits none of the orders of those before it. */
  readonly operation: Operation<Call, Result>;
  /** What one order of the answers before it leaves; undefined where the bound ended the search for one. */
  readonly before: string | undefined;
  /** The calls around it in the order of their start: those open at that time, and the last that were answered before. */
  readonly window: readonly Operation<Call, Result>[];
}

/** What a history is: `undecided` where a bound ended the search for an order of some object and none is violated. */
export interface HistoryReport<Call, Result> {
  readonly verdict: 'ok' | 'violation' | 'undecided';
  readonly model: string;
  readonly operations: number;
  readonly objects: number;
  /** Calls of unknown outcome, pending ones included. */
  readonly unknown: number;
  /** The most calls open at one time on one object, those of unknown outcome left out. */
  readonly concurrentMax: number;
  /** Half-made orders looked at. */
  readonly orderings: number;
  readonly violated: number;
  /** Of the first of the violated objects. */
  readonly violations: readonly HistoryViolation<Call, Result>[];
  /** Objects whose search ended at `orderingsMax`. */
  readonly undecided: readonly (string | number)[];
  readonly orderingsMax: number;
}

/**
 * Whether a recorded history is linearizable: whether every call can have taken effect at one moment between its start
 * and its answer, so that the answers are those of an object used by one caller at a time (Herlihy and Wing, 1990).
 * Each object is judged on its own.
 * @throws HistoryError when a call was answered before it was made.
 */
export function checkHistory<State, Call, Result>(
  history: Iterable<Operation<Call, Result>>,
  model: SequentialModel<State, Call, Result>,
  { orderingsMax = orderingsMaxDefault }: HistoryOptions = {},
): HistoryReport<Call, Result> {
  const objects = byObject(history);
  const violations: HistoryViolation<Call, Result>[] = [];
  const undecided: (string | number)[] = [];
  const sums = { operations: 0, unknown: 0, concurrentMax: 0, orderings: 0, violated: 0 };
  for (const [key, recorded] of objects) {
    const counted = countedOf(recorded, model);
    const timeline = timelineOf(counted);
    const search = new OrderingSearch(timeline, model, orderingsMax);
    const outcome = search.run();
    sums.operations += recorded.length;
    sums.unknown += recorded.filter(isUnknown).length;
    sums.concurrentMax = Math.max(sums.concurrentMax, timeline.concurrentMax);
    sums.orderings += search.orderings;
    if (outcome.verdict === 'undecided') undecided.push(key);
    if (outcome.verdict === 'violation') {
      sums.violated++;
      if (violations.length < explainedObjectsMax) {
        violations.push({ key, ...explain(timeline, model, orderingsMax) });
      }
    }
  }
  const verdict = sums.violated > 0 ? 'violation' : undecided.length > 0 ? 'undecided' : 'ok';
  return { verdict, model: model.name, objects: objects.size, ...sums, violations, undecided, orderingsMax };
}

const isUnknown = ({ end }: Operation<unknown, unknown>): boolean => end === undefined || end.outcome === 'unknown';

/** Calls without effect left out, those of unknown outcome taken for as few different ones as possible. */
function countedOf<State, Call, Result>(
  recorded: readonly Operation<Call, Result>[],
  model: SequentialModel<State, Call, Result>,
): Operation<Call, Result>[] {
  const take = model.takeUnknown?.(recorded) ?? ((call: Call): Call | undefined => call);
  return recorded.flatMap((operation) => {
    if (operation.end?.outcome === 'refused') return [];
    if (!isUnknown(operation)) return [operation];
    const call = take(operation.call);
    return call === undefined ? [] : [{ ...operation, call }];
  });
}

function byObject<Call, Result>(history: Iterable<Operation<Call, Result>>) {
  const objects = new Map<string | number, Operation<Call, Result>[]>();
  for (const operation of history) {
    checkTimes(operation);
    const recorded = objects.get(operation.key);
    if (recorded === undefined) objects.set(operation.key, [operation]);
    else recorded.push(operation);
  }
  return objects;
}

function checkTimes({ key, process, invoked, end }: Operation<unknown, unknown>): void {
  const at = end?.outcome === 'answered' ? end.at : invoked;
  if (Number.isFinite(invoked) && Number.isFinite(at) && at >= invoked) return;
  throw new HistoryError(
    `a call of process ${process} on ${key} was made at ${invoked} and answered at ${at}: record both with one clock`,
  );
}

/** The shortest beginning without an order, found by halving: if a beginning has an order, so have those before it. */
function explain<State, Call, Result>(
  timeline: Timeline<Call, Result>,
  model: SequentialModel<State, Call, Result>,
  orderingsMax: number,
): Omit<HistoryViolation<Call, Result>, 'key'> {
  const { operations, events } = timeline;
  const ends = [...events.keys()].filter((at) => events[at]! < 0).map((at) => at + 1);
  const ordered = (answers: number) =>
    new OrderingSearch(timeline, model, orderingsMax, answers === 0 ? 0 : ends[answers - 1]!).run();
  let before: string | undefined = model.stateText(model.initial);
  let good = 0;
  let bad = ends.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const outcome = ordered(middle);
    if (outcome.verdict === 'violation') {
      bad = middle;
    } else {
      good = middle;
      before = outcome.verdict === 'ok' ? model.stateText(outcome.state) : undefined;
    }
  }
  const event = ends[bad - 1]! - 1;
  return { answers: bad, operation: operations[-events[event]! - 1]!, before, window: windowAt(timeline, event) };
}

/** The calls open at an answer, and the last answered before it. */
function windowAt<Call, Result>({ operations, events }: Timeline<Call, Result>, at: number) {
  const open = new Set<number>();
  const answered: number[] = [];
  for (const each of events.subarray(0, at)) {
    const index = Math.abs(each) - 1;
    if (each > 0) {
      open.add(index);
    } else {
      open.delete(index);
      answered.push(index);
    }
  }
  const before = answered.slice(-Math.max(1, explainedCallsMax - open.size));
  const window = [...before, ...open].sort((a, b) => a - b).slice(-explainedCallsMax);
  return window.map((index) => operations[index]!);
}
