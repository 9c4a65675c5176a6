import { describe, expect, it } from 'vitest';
import { always, canFinish, explore, type Model, type Property, quiescent, sometimes } from '../../src/index.ts';
import { jugs } from '../support/jugs.ts';

/** A graph drawn by hand: `edges[state]` lists where each action leads. */
function graph(edges: readonly (readonly number[])[], properties: readonly Property<number>[] = []): Model<number> {
  return {
    name: 'graph',
    properties,
    initial: () => 0,
    encode: (state, into) => into.uint(state),
    decode: (from) => from.uint(),
    actions: (state, into) => into.push(...(edges[state] ?? []).keys()),
    label: (state, action) => `${state} to ${edges[state]?.[action]}`,
    apply: (state, action) => edges[state]?.[action] as number,
  };
}

describe('explore', () => {
  it('counts states, transitions and depth of two independent wheels', () => {
    const wheels: Model<[number, number]> = {
      name: 'wheels',
      properties: [],
      initial: () => [0, 0],
      encode(state, into) {
        for (const wheel of state) into.uint(wheel);
      },
      decode: (from) => [from.uint(), from.uint()],
      actions: (_, into) => into.push(0, 1),
      label: (_, action) => `turn wheel ${action}`,
      apply([a, b], action) {
        return action === 0 ? [(a + 1) % 30, b] : [a, (b + 1) % 40];
      },
    };
    const { states, transitions, depth, fixpoint, violations, deadlocks } = explore(wheels);
    expect({ states, transitions, depth, fixpoint, violations, deadlocks }).toEqual({
      states: 30 * 40,
      transitions: 2 * 30 * 40,
      depth: 29 + 39,
      fixpoint: true,
      violations: [],
      deadlocks: 0,
    });
  });

  it('finds the shortest counterexample and tells its steps', () => {
    const { violations, fixpoint } = explore(jugs(4));
    expect(fixpoint).toBe(false);
    expect(violations).toEqual([
      {
        kind: 'always',
        property: 'no jug holds it',
        message: '4 litres',
        steps: [
          'fill the large jug',
          'pour the large jug into the small one',
          'empty the small jug',
          'pour the large jug into the small one',
          'fill the large jug',
          'pour the large jug into the small one',
        ],
      },
    ]);
  });

  it('reaches the fixpoint where there is no counterexample', () => {
    const { states, fixpoint, violations } = explore(jugs(6));
    expect({ states, fixpoint, violations }).toEqual({ states: 16, fixpoint: true, violations: [] });
  });

  it('reports a dead end as a deadlock unless the model calls it final', () => {
    const model = graph([[1, 2], [2], []]);
    const stuck = explore(model);
    expect(stuck.deadlocks).toBe(1);
    expect(stuck.violations[0]).toMatchObject({ kind: 'deadlock', steps: ['0 to 2'] });
    const fine = explore({ ...model, final: (state) => state === 2 });
    expect(fine).toMatchObject({ deadlocks: 0, violations: [], fixpoint: true });
  });

  it('finds a livelock: states from which the goal can no more be reached although something can always happen', () => {
    const goal = canFinish<number>('done', (state) => state === 4);
    const model = graph([[1, 2], [0, 4], [3], [2], [4]], [goal]);
    const { violations, deadlocks } = explore(model);
    expect(deadlocks).toBe(0);
    expect(violations).toEqual([
      { kind: 'canFinish', property: 'done', message: 'from here it can never be reached', steps: ['0 to 2'] },
    ]);
  });

  it('accepts a cycle that can be left', () => {
    const goal = canFinish<number>('done', (state) => state === 4);
    expect(explore(graph([[1, 2], [0, 4], [3], [2, 1], [4]], [goal])).violations).toEqual([]);
  });

  it('carries completion back along edges to lower numbers, however long the way', () => {
    // State i leads to i+1 only; the last leads back to 1, from where the goal is one step.
    const length = 50;
    const edges = Array.from({ length }, (_, state) => [state + 1]);
    edges[1] = [2, length + 1];
    edges.push([1], [length + 1]);
    const goal = canFinish<number>('done', (state) => state === length + 1);
    expect(explore(graph(edges, [goal]))).toMatchObject({ violations: [], states: length + 2 });
  });

  it('reports what should sometimes hold and never does, once everything was seen', () => {
    const model = graph(
      [[1], [0]],
      [sometimes('reaches 1', (state) => state === 1), sometimes('reaches 2', (state) => state === 2)],
    );
    expect(explore(model).violations).toMatchObject([{ kind: 'sometimes', property: 'reaches 2' }]);
    expect(explore(model, { statesMax: 0 }).violations).toEqual([]);
  });

  it('looks at quiescent properties only where nothing is in flight', () => {
    const property = quiescent<number>('rests even', (state) => (state % 2 === 1 ? `rests at ${state}` : undefined));
    expect(explore({ ...graph([[1], [2], []], [property]), final: () => true }).violations).toEqual([]);
    const restless = { ...graph([[1], [2], []], [property]), quiet: (state: number) => state === 1, final: () => true };
    expect(explore(restless).violations).toMatchObject([{ message: 'rests at 1', steps: ['0 to 1'] }]);
  });

  it('reports what a step throws, with that step at the end', () => {
    const model: Model<number> = {
      ...graph([[1], [0]]),
      apply(state) {
        if (state === 1) throw new TypeError('no such thing');
        return state + 1;
      },
    };
    expect(explore(model).violations).toEqual([
      { kind: 'error', property: 'TypeError', message: 'TypeError: no such thing', steps: ['0 to 1', '1 to 0'] },
    ]);
  });

  it('does not take a step that throws for a dead end', () => {
    const model: Model<number> = {
      ...graph([[1], [2], [2]], [canFinish('done', (state) => state === 2)]),
      apply(state) {
        if (state === 1) throw new TypeError('no such thing');
        return state + 1;
      },
    };
    const { violations } = explore(model, { stopAt: () => false });
    expect(violations.map(({ kind }) => kind)).toEqual(['error']);
  });

  it('keeps the first violation of each property when told to go on', () => {
    const odd = always<number>('even', (state) => (state % 2 === 1 ? `${state}` : undefined));
    const small = always<number>('small', (state) => (state > 2 ? `${state}` : undefined));
    const model = graph([[1], [2], [3], [4], [0]], [odd, small]);
    const { violations, fixpoint } = explore(model, { stopAt: () => false });
    expect(fixpoint).toBe(true);
    expect(violations.map(({ property, message }) => `${property} ${message}`)).toEqual(['even 1', 'small 3']);
  });

  it('stops at its bounds and says which', () => {
    const endless: Model<number> = {
      ...graph([]),
      actions: (_, into) => into.push(0, 1),
      apply: (n, a) => 2 * n + a + 1,
    };
    expect(explore(endless, { statesMax: 1000 })).toMatchObject({ stoppedBy: 'states', fixpoint: false });
    expect(explore(endless, { secondsMax: 0.05 })).toMatchObject({ stoppedBy: 'seconds', fixpoint: false });
    const bounded = explore(endless, { memoryBytesMax: 4 * 2 ** 20 });
    expect(bounded).toMatchObject({ stoppedBy: 'memory', fixpoint: false });
    expect(bounded.bytes).toBeLessThan(5 * 2 ** 20);
    expect(bounded.states).toBeGreaterThan(50_000);
  });
});
