import { crc32 } from 'node:zlib';
import type { BlockObjects } from '@holdfast/raid/objects';
import type { MemberContext } from '@holdfast/runtime/service';
import { LogDamagedError } from '../errors.ts';
import type { LogSnapshot } from '../kernel/log-types.ts';
import type { Delta } from '../kernel/state-types.ts';
import { logReadBytes } from '../limits.ts';
import type { ManifestStore } from './log-manifest.ts';
import { packed } from './plain-text.ts';

/** Every log has the epoch of its state; the first has 1. */
async function nextEpoch(coord: MemberContext['coord'], key: string): Promise<number> {
  const entry = await coord.get(key);
  const epoch = entry === undefined ? 2 : Number(new TextDecoder().decode(entry.value)) + 1;
  if (!Number.isSafeInteger(epoch)) throw new LogDamagedError('the epoch of its state makes no sense');
  const { succeeded } = await coord.compareAndSet(key, entry?.modRevision ?? 0, new TextEncoder().encode(`${epoch}`));
  if (!succeeded) throw new LogDamagedError('somebody else gives it up at this moment');
  return epoch;
}

/** Begin a new log in place of one that is given up: of a state without anything, in which `clients` may reclaim. */
export async function abandonLog(
  objects: BlockObjects,
  manifests: ManifestStore,
  { coord, epochKey, clients }: { coord: MemberContext['coord']; epochKey: string; clients: readonly string[] | 'all' },
): Promise<void> {
  const epoch = await nextEpoch(coord, epochKey);
  const image: Delta[] = [{ type: 'grace', epoch, clients: clients.length === 0 ? undefined : clients }];
  const snapshot: LogSnapshot = { index: 1, next: 1, image, unsettled: [], accepted: [] };
  const bytes = packed(snapshot);
  const gfid = await objects.create({ technique: 'mirror' });
  const object = await objects.open(gfid);
  for (let at = 0; at < bytes.length; at += logReadBytes) {
    await object.write(at, bytes.subarray(at, at + logReadBytes), { toughness: 2 });
  }
  await manifests.replace((before) => {
    const left = [
      ...(before?.segments ?? []),
      ...(before?.loose ?? []),
      ...(before?.snapshot ? [before.snapshot] : []),
    ];
    return {
      version: 1,
      claim: before?.claim ?? 0,
      start: snapshot.next,
      segments: [],
      snapshot: { gfid, bytes: bytes.length, checksum: crc32(bytes), next: snapshot.next },
      loose: left.map((each) => ({ epoch: 0, gfid: each.gfid })),
    };
  });
}
