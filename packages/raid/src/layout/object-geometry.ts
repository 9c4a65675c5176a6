import { GeometryError } from '../errors.ts';
import { type Geometry, groupWidth } from './geometry.ts';
import { type Technique, techniqueGeometry } from './technique.ts';

/**
 * The groups of an object of a technique, in an array of so many members that can lose `lossesMax` of them.
 * @throws GeometryError when there is no such technique, or it needs more members than there are
 */
export function objectGeometry(
  technique: Technique,
  array: Geometry,
  { members, lossesMax }: { readonly members: readonly number[]; readonly lossesMax: number },
): Geometry {
  const geometry = techniqueGeometry(technique, array);
  if (geometry === undefined) {
    throw new GeometryError(
      `There is no technique ${JSON.stringify(technique)}.`,
      'Use none, mirror, N+1 or N+2, N from 1 to 8.',
    );
  }
  if (geometry.parity > lossesMax) {
    throw new GeometryError(
      `The array is made for ${lossesMax} member that is down, and ${technique} for ${geometry.parity}.`,
      'Create the array with parity: 2, or use one parity slot.',
    );
  }
  const width = groupWidth(geometry);
  if (width > members.length) {
    throw new GeometryError(
      `Technique ${technique} needs ${width} nodes, and the array has ${members.length}.`,
      'Use fewer data slots.',
    );
  }
  return geometry;
}
