import { GeometryError } from '../errors.ts';
import { gfidsPerOpeningMax } from '../limits.ts';

/** Ids of one opening: its epoch, which no other opening has, and a serial number. */
export function gfidSource(epoch: number): () => number {
  let serial = 0;
  return () => {
    if (serial === gfidsPerOpeningMax) {
      throw new GeometryError(`This opening has stored ${gfidsPerOpeningMax} objects.`, 'Open the array again.');
    }
    return epoch * 2 ** 32 + serial++;
  };
}
