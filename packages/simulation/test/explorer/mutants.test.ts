import { describe, expect, it } from 'vitest';
import { always, exploreMutant, exploreMutants, type Model, worldModel } from '../../src/index.ts';
import { goodRules, stopAndWait } from '../support/stop-and-wait.ts';

const faults = { drop: 1, duplicate: 1 };

describe('exploreMutants', () => {
  it('catches seeded bugs by a property and shows how', () => {
    const outcomes = exploreMutants([
      worldModel(stopAndWait(2, { ...goodRules, dropsRepetitions: false }, { name: 'delivers again', faults })),
      worldModel(stopAndWait(2, { ...goodRules, repeats: false }, { name: 'never repeats', faults })),
    ]);
    expect(outcomes.map(({ name, killed, violation }) => [name, killed, violation?.kind])).toEqual([
      ['delivers again', true, 'always'],
      ['never repeats', true, 'canFinish'],
    ]);
    for (const { violation } of outcomes) expect(violation?.steps.length).toBeGreaterThan(1);
  });

  it('lets a mutant survive that no property catches', () => {
    expect(exploreMutant(worldModel(stopAndWait(2, goodRules, { faults })))).toMatchObject({ killed: false });
  });

  it('does not count a kernel that throws as it starts', () => {
    const model: Model<number> = {
      name: 'throws at once',
      properties: [],
      initial: () => {
        throw new RangeError('no start');
      },
      encode: (state, into) => into.uint(state),
      decode: (from) => from.uint(),
      actions: () => {},
      label: () => '',
      apply: (state) => state,
    };
    expect(exploreMutant(model)).toMatchObject({ killed: false, exploration: { violations: [{ kind: 'error' }] } });
  });

  it('does not count an exception, and goes on looking for a property that catches the bug', () => {
    const throwing = (limit: number): Model<number> => ({
      name: 'throws at 1',
      properties: [always('below the limit', (state) => (state >= limit ? `reached ${state}` : undefined))],
      initial: () => 0,
      encode: (state, into) => into.uint(state),
      decode: (from) => from.uint(),
      actions: (state, into) => into.push(...(state < 5 ? [1, 2] : [])),
      label: (_, action) => `add ${action}`,
      apply(state, action) {
        if (state + action === 1) throw new Error('a kernel refuses');
        return state + action;
      },
      final: () => true,
    });
    expect(exploreMutant(throwing(100))).toMatchObject({ killed: false, violation: undefined });
    expect(exploreMutant(throwing(4))).toMatchObject({ killed: true, violation: { message: 'reached 4' } });
  });
});
