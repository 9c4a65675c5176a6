import { techniqueOf } from '../layout/technique.ts';
import { generationOf, printGfid } from '../object/object-record.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectStat, StoredObject } from './array-types.ts';
import { keyFromRaw } from './key.ts';

const sum = ({ sha256 }: ObjectRecord) => (sha256 === undefined ? {} : { sha256 });

/** What a put says of the object it stored. */
export function storedObject(record: ObjectRecord, groups: number): StoredObject {
  const { gfid, bytes, geometry, absent } = record;
  const technique = techniqueOf(geometry);
  return { gfid: printGfid(gfid), bytes, groups, technique, degraded: absent.length > 0, ...sum(record) };
}

/** What is said of an object that is there, while these members are up. */
export function objectStat(record: ObjectRecord, live: ReadonlySet<number>): ObjectStat {
  const { key, gfid, bytes, geometry, storedAtMs, absent, span, moved = [] } = record;
  return {
    key: keyFromRaw(key),
    gfid: printGfid(gfid),
    generation: generationOf(gfid),
    bytes,
    technique: techniqueOf(geometry),
    degraded: absent.length > 0 || span.some((member) => !live.has(member) && !moved.includes(member)),
    storedAt: new Date(storedAtMs),
    ...sum(record),
  };
}
