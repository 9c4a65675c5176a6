import { describe, expect, it } from 'vitest';
import { explore, type FaultBudget, worldModel } from '../../src/index.ts';
import { goodRules, stopAndWait } from '../support/stop-and-wait.ts';

/** Stop-and-wait between two queues once more, written without kernels, worlds, pools or encodings. */
interface Plain {
  issued: number;
  next: number;
  waiting: number[];
  armed: boolean;
  frames: { sequence: number; value: number }[];
  acknowledgements: number[];
  expected: number;
  delivered: number;
  drop: number;
  duplicate: number;
  reorder: number;
}

function successors(state: Plain, values: number): Plain[] {
  const found: Plain[] = [];
  const branch = (change: (next: Plain) => void): void => {
    const next = structuredClone(state);
    change(next);
    found.push(next);
  };
  const send = (next: Plain): void => {
    next.frames.push({ sequence: next.next, value: next.waiting[0] as number });
    next.armed = true;
  };
  const frame = (next: Plain, { sequence, value }: { sequence: number; value: number }): void => {
    if (sequence === next.expected) {
      next.expected++;
      if (value === next.delivered) next.delivered++;
    }
    next.acknowledgements.push(sequence);
  };
  const acknowledgement = (next: Plain, sequence: number): void => {
    if (next.waiting.length === 0 || sequence !== next.next) return;
    next.waiting.shift();
    next.next++;
    next.armed = false;
    if (next.waiting.length > 0) send(next);
  };
  if (state.issued < values) {
    branch((next) => {
      next.waiting.push(next.issued++);
      if (next.waiting.length === 1) send(next);
    });
  }
  if (state.armed && state.frames.length + state.acknowledgements.length === 0) branch(send);
  const queue = <Item>(pick: (next: Plain) => Item[], arrive: (next: Plain, item: Item) => void): void => {
    const { length } = pick(state);
    if (length === 0) return;
    branch((next) => arrive(next, pick(next).shift() as Item));
    if (state.drop > 0) {
      branch((next) => {
        next.drop--;
        pick(next).shift();
      });
    }
    if (state.duplicate > 0) {
      branch((next) => {
        next.duplicate--;
        arrive(next, pick(next)[0] as Item);
      });
    }
    for (let index = 1; state.reorder > 0 && index < length; index++) {
      branch((next) => {
        next.reorder--;
        arrive(next, pick(next).splice(index, 1)[0] as Item);
      });
    }
  };
  queue((next) => next.frames, frame);
  queue((next) => next.acknowledgements, acknowledgement);
  return found;
}

function countPlainly(values: number, { drop = 0, duplicate = 0, reorder = 0 }: FaultBudget) {
  const start: Plain = {
    issued: 0,
    next: 0,
    waiting: [],
    armed: false,
    frames: [],
    acknowledgements: [],
    expected: 0,
    delivered: 0,
    drop,
    duplicate,
    reorder,
  };
  const seen = new Set([JSON.stringify(start)]);
  const frontier = [start];
  let transitions = 0;
  for (let state = frontier.pop(); state !== undefined; state = frontier.pop()) {
    for (const next of successors(state, values)) {
      transitions++;
      const text = JSON.stringify(next);
      if (seen.has(text)) continue;
      seen.add(text);
      frontier.push(next);
    }
  }
  return { states: seen.size, transitions };
}

describe('the explorer', () => {
  it.each([
    [3, {}],
    [2, { drop: 2 }],
    [3, { duplicate: 2 }],
    [3, { drop: 1, duplicate: 1, reorder: 1 }],
    [4, { drop: 2, duplicate: 2, reorder: 2 }],
  ])('finds as many states and transitions as a plain program: %i values, %o', (values, faults) => {
    const { states, transitions, fixpoint } = explore(worldModel(stopAndWait(values, goodRules, { faults })));
    expect(fixpoint).toBe(true);
    expect({ states, transitions }).toEqual(countPlainly(values, faults));
  });
});
