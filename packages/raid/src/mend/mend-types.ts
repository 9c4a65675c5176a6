import type { Observable } from 'rxjs';
import { z } from 'zod';
import { GeometryError, type LostGroup } from '../errors.ts';

const mendSchema = z.strictObject({
  /** Bytes read from drives in a second, at most; at least 65,536. Default: no bound. */
  bytesPerSecondMax: z.int().min(65_536).optional(),
  signal: z.instanceof(AbortSignal).optional(),
});
export type MendOptions = z.input<typeof mendSchema>;

/** @throws GeometryError (HF_GEOMETRY) */
export function parseMend(options: MendOptions): z.output<typeof mendSchema> {
  const parsed = mendSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GeometryError(`Option ${issue?.path.join('.')}: ${issue?.message}.`, 'See MendOptions.');
}

/** How far a rebuild or a scrub is. */
export interface MendProgress {
  /** Objects looked at. */
  readonly objects: number;
  readonly groups: number;
  /** Bytes read from drives. */
  readonly bytesRead: number;
  /** Slots written anew, and their bytes. */
  readonly repairedSlots: number;
  readonly repairedBytes: number;
  /** Groups of which more is gone than parity restores. */
  readonly lostGroups: number;
  /** Those of the objects that are written in ranges: of them rows of blocks are counted as groups and slots. */
  readonly rangeObjects: number;
}

/** What of an object is gone. */
export interface LostObject {
  readonly key: string;
  readonly groups: readonly LostGroup[];
}

export interface MendReport extends MendProgress {
  /** The first {@link lostObjectsMax | 1,000} objects of which something is gone, and exactly what. */
  readonly lost: readonly LostObject[];
}

/** A rebuild or a scrub that goes on beside everything else. */
export interface Mending {
  /** After each object; ends with it. Whoever subscribes late gets the last value at once. */
  readonly progress$: Observable<MendProgress>;
  /** How it ended. Rejects with what stopped it; begun again, it finds what it did before intact and goes on from there. */
  readonly done: Promise<MendReport>;
}
