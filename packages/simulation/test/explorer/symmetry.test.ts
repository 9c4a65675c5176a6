import { describe, expect, it } from 'vitest';
import { always, explore, type Model } from '../../src/index.ts';

/** `count` equal dice, each turned up one by one; sorted dice stand for all their orders. */
function dice(count: number, symmetric: boolean): Model<number[]> {
  return {
    name: 'dice',
    properties: [
      always('no full house', (state) => (state.every((face) => face === 3) ? 'all dice show 3' : undefined)),
    ],
    initial: () => new Array<number>(count).fill(0),
    encode: (state, into) => into.list(state, (face, to) => to.uint(face)),
    decode: (from) => from.list((each) => each.uint()),
    actions: (state, into) => into.push(...[...state.keys()].filter((die) => (state[die] as number) < 3)),
    label: (state, action) => `die ${action} goes to ${(state[action] as number) + 1}`,
    apply: (state, action) => state.with(action, (state[action] as number) + 1),
    final: () => true,
    ...(symmetric && { canonical: (state) => state.toSorted() }),
  };
}

describe('symmetry', () => {
  it('keeps one state of each class', () => {
    const clean = (model: Model<number[]>) => ({ ...model, properties: [] });
    expect(explore(clean(dice(4, false))).states).toBe(4 ** 4);
    // Multisets of 4 faces out of 4.
    expect(explore(clean(dice(4, true))).states).toBe(35);
  });

  it('finds the same violations, with a trace of the same length that is a real run', () => {
    const plain = explore(dice(3, false)).violations[0];
    const reduced = explore(dice(3, true)).violations[0];
    expect(reduced?.message).toBe(plain?.message);
    expect(reduced?.steps).toHaveLength(9);
    const faces = [0, 0, 0];
    for (const step of reduced?.steps ?? []) {
      const [die, face] = [...step.matchAll(/\d/g)].map(Number) as [number, number];
      expect(face, step).toBe((faces[die] as number) + 1);
      faces[die] = face;
    }
    expect(faces).toEqual([3, 3, 3]);
  });
});
