import { GeometryError, type NoObjectError } from '../errors.ts';
import type { ArrayNames } from '../names/array-names.ts';
import type { BlockObjects } from '../object/block-objects.ts';

/**
 * Why there is no object of a key to be kept by another technique: also when the key is the id of an object that is written
 * in ranges, or a name of one, which keeps the technique it was made with.
 */
export async function whyUnchanged(
  error: NoObjectError,
  objects: BlockObjects,
  names: ArrayNames,
): Promise<GeometryError | NoObjectError> {
  const { key } = error;
  // That there is no object stored whole is true also where names cannot be read.
  const isInRanges = (await objects.has(key)) || (await names.get(key).catch(() => undefined)) !== undefined;
  if (!isInRanges) return error;
  return new GeometryError(
    `${JSON.stringify(key)} is an object that is written in ranges: it keeps the technique it was made with.`,
    'Make another with objects.create({ technique }), copy what it holds, and let its names lead there: names.bind(key, gfid, { replace: true }).',
  );
}
