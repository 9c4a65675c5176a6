import { expect, it } from 'vitest';
import { type Technique, techniqueGeometry, techniqueOf } from '../../src/layout/technique.ts';

const array = { data: 3, parity: 2, unitBlocks: 16 } as const;

it.each<[Technique, number, number]>([
  ['none', 3, 0],
  ['mirror', 1, 1],
  ['1+1', 1, 1],
  ['1+2', 1, 2],
  ['8+1', 8, 1],
  ['4+2', 4, 2],
])('%s has %d data and %d parity slots', (technique, data, parity) => {
  expect(techniqueGeometry(technique, array)).toEqual({ data, parity, unitBlocks: 16 });
});

it('is named by what it is', () => {
  const names = (['none', 'mirror', '1+1', '1+2', '8+1', '4+2'] as const).map((technique) =>
    techniqueOf(techniqueGeometry(technique, array)!),
  );
  expect(names).toEqual(['none', 'mirror', 'mirror', '1+2', '8+1', '4+2']);
});

it.each(['', 'raid5', '0+1', '9+1', '3+0', '3+3', '3+1 ', '-1+1', '10+1', '3.5+1', '3+12'])(
  'there is none called %j',
  (name) => {
    expect(techniqueGeometry(name as Technique, array)).toBeUndefined();
  },
);
