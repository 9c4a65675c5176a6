import type { Operation } from './operation.ts';

/**
 * The calls on one object in the order of what was seen of them. Every call has a slot from its start until its
 * answer, and one without an answer for ever, so that few slots name all calls that are open at one moment.
 */
export interface Timeline<Call, Result> {
  /** In order of their start. */
  readonly operations: readonly Operation<Call, Result>[];
  /** By operation. */
  readonly slots: Int32Array;
  readonly slotCount: number;
  /** The most operations open at one time, those without an answer left out. */
  readonly concurrentMax: number;
  /** `index + 1` is the start of an operation, `-(index + 1)` its answer. */
  readonly events: Int32Array;
  /**
   * By operation: of the calls that are equal and answered equally, the one whose answer comes next before its own (of
   * those without an answer, the one that starts next before it), or -1.
   */
  readonly twins: Int32Array;
}

/** A start and an answer at the same time overlap: only what was answered before another began comes before it. */
export function timelineOf<Call, Result>(recorded: readonly Operation<Call, Result>[]): Timeline<Call, Result> {
  const operations = recorded.toSorted((a, b) => a.invoked - b.invoked);
  const answered = [...operations.keys()].filter((index) => answerAt(operations[index]!) !== undefined);
  answered.sort((a, b) => answerAt(operations[a]!)! - answerAt(operations[b]!)!);
  const events = new Int32Array(operations.length + answered.length);
  const slots = new Int32Array(operations.length);
  const free: number[] = [];
  let slotCount = 0;
  let answers = 0;
  let at = 0;
  let unanswered = 0;
  let concurrentMax = 0;
  const endBefore = (time: number): void => {
    for (; answers < answered.length && answerAt(operations[answered[answers]!]!)! < time; answers++) {
      const index = answered[answers]!;
      events[at++] = -(index + 1);
      free.push(slots[index]!);
    }
  };
  for (const [index, operation] of operations.entries()) {
    endBefore(operation.invoked);
    slots[index] = free.pop() ?? slotCount++;
    events[at++] = index + 1;
    if (answerAt(operation) === undefined) unanswered++;
    concurrentMax = Math.max(concurrentMax, index + 1 - unanswered - answers);
  }
  endBefore(Number.POSITIVE_INFINITY);
  return { operations, slots, slotCount, concurrentMax, events, twins: twinsOf(operations, answered) };
}

function answerAt({ end }: Operation<unknown, unknown>): number | undefined {
  return end?.outcome === 'answered' ? end.at : undefined;
}

function twinsOf(operations: readonly Operation<unknown, unknown>[], answered: readonly number[]): Int32Array {
  const twins = new Int32Array(operations.length).fill(-1);
  const last = new Map<string, number>();
  const unanswered = [...operations.keys()].filter((index) => answerAt(operations[index]!) === undefined);
  for (const index of [...answered, ...unanswered]) {
    const { call, end } = operations[index]!;
    const text = JSON.stringify(end?.outcome === 'answered' ? [call, end.result] : [call]);
    twins[index] = last.get(text) ?? -1;
    last.set(text, index);
  }
  return twins;
}
