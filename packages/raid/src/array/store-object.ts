import { createHash } from 'node:crypto';
import { DegradedError, SourceError, TooManyDownError } from '../errors.ts';
import type { Geometry } from '../layout/geometry.ts';
import { objectGeometry } from '../layout/object-geometry.ts';
import { objectSpan } from '../layout/placement.ts';
import { techniqueOf } from '../layout/technique.ts';
import { objectBytesMax } from '../limits.ts';
import type { ObjectRecord, RawKey } from '../store/log-record.ts';
import type { PutOptions } from './array-types.ts';
import { type ByteSource, chunksOf } from './byte-source.ts';
import type { Membership } from './membership.ts';
import { CommitError, type Committed, type ObjectDirectory, unlessLost } from './object-directory.ts';
import { ObjectWriter, type WriterHost } from './object-writer.ts';
import { substituteAbsent } from './substitute.ts';

export interface StoreHost extends WriterHost {
  readonly directory: ObjectDirectory;
  /** Of a group where a put does not ask for another technique. */
  readonly geometry: Geometry;
  /** An object id that was never used. */
  readonly nextGfid: () => number;
  /** Awaited before the first block of an object is sent. */
  readonly onBegin: (key: RawKey, gfid: number) => Promise<void>;
  /** Runs what makes an object visible. */
  readonly committing: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface StoreOptions extends PutOptions {
  /** When the content was stored; where omitted, now. */
  readonly storedAtMs?: number | undefined;
}

/**
 * Store one object: blocks and parity first, durable on every member that is up; then its metadata, which makes it
 * visible. When it fails nothing of it is visible, and its blocks are given back.
 */
export async function storeObject(
  host: StoreHost,
  key: RawKey,
  source: ByteSource,
  options: StoreOptions,
): Promise<Committed & { readonly groups: number }> {
  const { membership } = host;
  const geometry =
    options.technique === undefined ? host.geometry : objectGeometry(options.technique, host.geometry, membership);
  await membership.steady();
  membership.assertWritable();
  const gfid = host.nextGfid();
  const span = objectSpan(gfid, membership.members, membership.live, geometry);
  if (span === undefined) throw tooManyDown(host, geometry);
  await host.onBegin(key, gfid);
  const hash = options.sha256 === true ? createHash('sha256') : undefined;
  const writer = new ObjectWriter(host, gfid, geometry, span);
  const refuseMissing = () => {
    if (options.degraded === 'refuse' && writer.absent.length > 0)
      throw new DegradedError(writer.absent.map(host.name));
  };
  try {
    refuseMissing();
    for await (const chunk of chunksOf(source, options.signal)) {
      if (writer.bytes + chunk.byteLength > objectBytesMax)
        throw new SourceError(`gave more than ${objectBytesMax} bytes`);
      hash?.update(chunk);
      await writer.write(chunk);
      refuseMissing();
    }
    await writer.finish();
    refuseMissing();
    options.signal?.throwIfAborted();
    const sha256 = hash?.digest('hex');
    const { storedAtMs = Date.now() } = options;
    const record: Omit<ObjectRecord, 'homes' | 'epoch'> = {
      type: 'object',
      gfid,
      key,
      bytes: writer.bytes,
      geometry,
      span,
      absent: [...writer.absent],
      storedAtMs,
      sha256,
    };
    const moved = options.degraded === 'substitute' ? await substituteAbsent(host, record, writer.groups) : undefined;
    const lies = moved === undefined ? record : { ...record, absent: [], moved };
    const describe = (homes: readonly number[]): ObjectRecord => ({
      ...lies,
      homes: [...homes],
      epoch: membership.epoch,
    });
    const committed = await host.committing(() => host.directory.commit(describe, key));
    return { ...committed, groups: writer.groups };
  } catch (error) {
    await writer.abandon();
    // Metadata that may be durable somewhere needs its blocks until the next opening has decided about it.
    if (error instanceof CommitError && !error.undone) throw error.cause;
    await dropBlocks(membership, gfid, options.degraded === 'substitute' ? span : writer.touched);
    throw error instanceof CommitError ? error.cause : error;
  }
}

function tooManyDown({ membership, name }: StoreHost, geometry: Geometry): TooManyDownError {
  const down = [...membership.lost].map(([member, why]) => [name(member), why]);
  return new TooManyDownError(Object.fromEntries(down), geometry.parity, techniqueOf(geometry));
}

/** What cannot be dropped now is found to belong to nothing at the next opening. */
async function dropBlocks(membership: Membership, gfid: number, members: readonly number[]): Promise<void> {
  const gfids = [gfid];
  const live = members.filter((member) => membership.live.has(member));
  await Promise.allSettled(
    live.map((member) => unlessLost(membership.ask(member, (iom, epoch) => iom.drop({ epoch, gfids })))),
  );
}
