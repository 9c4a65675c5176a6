import { dataSlotsMax } from '../limits.ts';
import type { Geometry } from './geometry.ts';

/**
 * How an object is kept: `none` in one copy, spread over as many members as the array has data slots; `mirror` in two
 * copies; `N+1` and `N+2` in groups of N data slots with one or two parity slots, so that as many members may be lost.
 */
export type Technique = 'none' | 'mirror' | `${number}+1` | `${number}+2`;

const pattern = /^([1-9])\+([12])$/;

/**
 * The groups of an object of this technique, in an array whose own groups are `array`.
 * @returns undefined when there is no such technique
 */
export function techniqueGeometry(technique: Technique, array: Geometry): Geometry | undefined {
  const { unitBlocks } = array;
  if (technique === 'none') return { data: array.data, parity: 0, unitBlocks };
  if (technique === 'mirror') return { data: 1, parity: 1, unitBlocks };
  const [, data = '', parity] = pattern.exec(technique) ?? [];
  if (parity === undefined || Number(data) > dataSlotsMax) return undefined;
  return { data: Number(data), parity: parity === '1' ? 1 : 2, unitBlocks };
}

export function techniqueOf({ data, parity }: Pick<Geometry, 'data' | 'parity'>): Technique {
  if (parity === 0) return 'none';
  return data === 1 && parity === 1 ? 'mirror' : `${data}+${parity}`;
}
