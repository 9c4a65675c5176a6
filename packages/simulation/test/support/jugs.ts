import { always, type Model } from '../../src/index.ts';

/** The water puzzle: jugs of 3 and 5 litres, 4 litres wanted. 16 states can be reached, the answer takes 6 steps. */
export interface Jugs {
  small: number;
  large: number;
}

const labels = [
  'fill the small jug',
  'fill the large jug',
  'empty the small jug',
  'empty the large jug',
  'pour the small jug into the large one',
  'pour the large jug into the small one',
];

export function jugs(wanted: number): Model<Jugs> {
  return {
    name: 'jugs',
    properties: [always('no jug holds it', ({ large }) => (large === wanted ? `${wanted} litres` : undefined))],
    initial: () => ({ small: 0, large: 0 }),
    encode({ small, large }, into) {
      into.uint(small);
      into.uint(large);
    },
    decode: (from) => ({ small: from.uint(), large: from.uint() }),
    actions: (_, into) => into.push(...labels.keys()),
    label: (_, action) => labels[action] as string,
    apply({ small, large }, action) {
      const intoLarge = Math.min(small, 5 - large);
      const intoSmall = Math.min(large, 3 - small);
      return [
        { small: 3, large },
        { small, large: 5 },
        { small: 0, large },
        { small, large: 0 },
        { small: small - intoLarge, large: large + intoLarge },
        { small: small + intoSmall, large: large - intoSmall },
      ][action] as Jugs;
    },
  };
}
