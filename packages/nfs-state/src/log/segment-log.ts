import { crc32 } from 'node:zlib';
import { type BlockObject, type BlockObjects, ClaimedError } from '@holdfast/raid/objects';
import { ClaimLostError, LogDamagedError } from '../errors.ts';
import type { BatchNumber, ClaimEpoch, LogBatch, LogContents, LogSnapshot } from '../kernel/log-types.ts';
import { batchBytesMax, logPiecesMax, logReadBytes, manifestTriesMax, segmentBytesMax } from '../limits.ts';
import { assertFits, batchFrame, frameBlockBytes, readFrame } from './batch-frame.ts';
import type { LogManifest, LogSegment, ManifestStore } from './log-manifest.ts';
import { packed, unpacked } from './plain-text.ts';
import { LogSnapshotForm } from './record-form.ts';

const without = (loose: LogManifest['loose'], gfid: string): LogManifest['loose'] =>
  loose.filter((each) => each.gfid !== gfid);

/** Where an appender writes next. */
interface OpenSegment {
  readonly epoch: ClaimEpoch;
  readonly gfid: string;
  offset: number;
}

/** Where a batch begins. */
export interface BatchPlace {
  readonly gfid: string;
  readonly number: BatchNumber;
  readonly offset: number;
}

/**
 * The heads' log in mirrored objects of the array. Each appender writes segments of its own, and the manifest says which
 * batches of which segment count: what a stale appender still writes lies where nobody looks. An append is answered once
 * it is on the disks of both copies. Whoever claims the log claims the last segment too, so that the array refuses what
 * its appender writes from then on, and then reads it: what was answered is there.
 */
export class SegmentLog {
  readonly #objects: BlockObjects;
  readonly #manifests: ManifestStore;
  readonly #opened = new Map<string, Promise<BlockObject>>();
  #segment: OpenSegment | undefined;
  /** Of a batch late in the log, as its appender said: who takes over need not read what was before. */
  place: BatchPlace | undefined;
  /** Bytes of frames that were appended here, and how many frames. */
  readonly appended = { bytes: 0, batches: 0 };
  /** The two objects this appender writes snapshots to in turn. */
  #snapshots: string[] = [];

  constructor(objects: BlockObjects, manifests: ManifestStore) {
    this.#objects = objects;
    this.#manifests = manifests;
  }

  /** @throws ClaimLostError */
  async claim(epoch: ClaimEpoch): Promise<void> {
    this.#segment = undefined;
    this.#snapshots = [];
    const { segments } = await this.#manifests.change((manifest) => {
      if (manifest.claim >= epoch) throw new ClaimLostError(epoch, manifest.claim);
      return { ...manifest, claim: epoch };
    });
    // Earlier ones are not written any more, and a later one is not begun without the claim.
    const last = segments.at(-1);
    if (last !== undefined) await (await this.#open(last.gfid)).claim();
  }

  /** @throws ClaimLostError, RecordSizeError, or what the array says */
  async append(epoch: ClaimEpoch, batch: LogBatch): Promise<void> {
    const frame = batchFrame(batch);
    assertFits(frame);
    this.appended.bytes += frame.length;
    this.appended.batches++;
    const segment = this.#segment;
    if (segment === undefined || segment.epoch !== epoch || segment.offset + frame.length > segmentBytesMax) {
      await this.#beginSegment(epoch, batch, frame);
      return;
    }
    const object = await this.#open(segment.gfid);
    try {
      await object.write(segment.offset, frame, { toughness: 2 });
    } catch (error) {
      throw error instanceof ClaimedError ? new ClaimLostError(epoch, (await this.#manifests.read()).claim) : error;
    }
    this.place = { gfid: segment.gfid, number: batch.number, offset: segment.offset };
    segment.offset += frame.length;
  }

  /** Batches from that number on; a snapshot before them, where the log no longer reaches back so far. */
  async read(from: BatchNumber): Promise<LogContents> {
    for (let tries = 1; ; tries++) {
      const manifest = await this.#manifests.read();
      try {
        return await this.#read(from, manifest);
      } catch (error) {
        // What was trimmed meanwhile cannot be read, and need not be.
        const { start } = await this.#manifests.read();
        if (start === manifest.start || tries === manifestTriesMax) throw error;
      }
    }
  }

  async #read(from: BatchNumber, manifest: LogManifest): Promise<LogContents> {
    this.#forgetHandles(manifest);
    const snapshot = from < manifest.start ? await this.#readSnapshot(manifest) : undefined;
    const first = snapshot?.next ?? from;
    const batches: LogBatch[] = [];
    for (const [at, segment] of manifest.segments.entries()) {
      const end = manifest.segments[at + 1]?.first ?? Number.POSITIVE_INFINITY;
      if (end <= first) continue;
      batches.push(...(await this.#readSegment(segment, first, end)).filter(({ number }) => number >= first));
    }
    const isScattered = manifest.segments.length + manifest.loose.length > logPiecesMax;
    return { snapshot, batches, isScattered };
  }

  /** @throws ClaimLostError, or what the array says */
  async save(epoch: ClaimEpoch, snapshot: LogSnapshot): Promise<void> {
    const bytes = packed(snapshot);
    const { snapshot: before } = await this.#manifests.read();
    if (this.#snapshots.length < 2) this.#snapshots.push(await this.#make(epoch));
    const gfid = this.#snapshots.find((each) => each !== before?.gfid)!;
    const object = await this.#open(gfid);
    for (let at = 0; at < bytes.length; at += logReadBytes) {
      await object.write(at, bytes.subarray(at, at + logReadBytes), { toughness: 2 });
    }
    const { next } = snapshot;
    await this.#manifests.change((manifest) => {
      if (manifest.claim !== epoch) throw new ClaimLostError(epoch, manifest.claim);
      const old = manifest.snapshot === null ? [] : [manifest.snapshot.gfid];
      const loose = old.map((each) => ({ epoch: this.#snapshots.includes(each) ? epoch : 0, gfid: each }));
      return {
        ...manifest,
        snapshot: { gfid, bytes: bytes.length, checksum: crc32(bytes), next },
        loose: [...without(manifest.loose, gfid), ...loose],
      };
    });
  }

  /** Forget segments that end before that batch, and free what is no part of the log any more. */
  async trim(epoch: ClaimEpoch, before: BatchNumber): Promise<void> {
    const { loose } = await this.#manifests.change((manifest) => {
      if (manifest.claim !== epoch) throw new ClaimLostError(epoch, manifest.claim);
      const segments = manifest.segments.filter((_, at) => (manifest.segments[at + 1]?.first ?? before + 1) > before);
      const dropped = manifest.segments.filter((segment) => !segments.includes(segment));
      const loose = [...manifest.loose, ...dropped.map(({ gfid }) => ({ epoch: 0, gfid }))];
      return { ...manifest, segments, loose, start: Math.max(manifest.start, before) };
    });
    const removed = new Set<string>();
    for (const { gfid, epoch: maker } of loose) {
      if (maker === epoch) continue;
      await this.#objects.remove(gfid);
      this.#opened.delete(gfid);
      removed.add(gfid);
    }
    if (removed.size === 0) return;
    await this.#manifests.change((manifest) => ({
      ...manifest,
      loose: manifest.loose.filter(({ gfid }) => !removed.has(gfid)),
    }));
  }

  /** The first batch of a segment counts as soon as the manifest names the segment, which nobody does without the claim. */
  async #beginSegment(epoch: ClaimEpoch, batch: LogBatch, frame: Uint8Array): Promise<void> {
    const gfid = await this.#make(epoch);
    const object = await this.#open(gfid);
    await object.write(0, frame, { toughness: 2 });
    await this.#manifests.change((manifest) => {
      if (manifest.claim !== epoch) throw new ClaimLostError(epoch, manifest.claim);
      const segments = [...manifest.segments, { epoch, gfid, first: batch.number }];
      return { ...manifest, segments, loose: without(manifest.loose, gfid) };
    });
    this.#segment = { epoch, gfid, offset: frame.length };
  }

  /** An object that the manifest knows of before anything is in it, so that no crash leaves it behind. */
  async #make(epoch: ClaimEpoch): Promise<string> {
    const gfid = await this.#objects.create({ technique: 'mirror' });
    await this.#manifests.change((manifest) => {
      if (manifest.claim !== epoch) throw new ClaimLostError(epoch, manifest.claim);
      return { ...manifest, loose: [...manifest.loose, { epoch, gfid }] };
    });
    return gfid;
  }

  #forgetHandles({ segments, snapshot, loose }: LogManifest): void {
    const named = new Set([...segments, ...loose].map(({ gfid }) => gfid).concat(snapshot?.gfid ?? []));
    for (const gfid of this.#opened.keys()) if (!named.has(gfid)) this.#opened.delete(gfid);
  }

  /**
   * From the place that is known, if what lies there is what should, else from the beginning.
   * @throws LogDamagedError where a batch is missing that was durable
   */
  async #readSegment(segment: LogSegment, from: BatchNumber, end: BatchNumber): Promise<LogBatch[]> {
    const { gfid, first: number } = segment;
    const { place } = this;
    if (place !== undefined && place.gfid === gfid && place.number <= from) {
      const batches = await this.#readOn(segment, place, end);
      if (batches.length > 0) return batches;
    }
    return this.#readOn(segment, { gfid, number, offset: 0 }, end);
  }

  async #readOn({ epoch, gfid }: LogSegment, from: BatchPlace, end: BatchNumber): Promise<LogBatch[]> {
    const { number: first, offset } = from;
    const object = await this.#open(gfid);
    const batches: LogBatch[] = [];
    let bytes: Uint8Array = new Uint8Array(0);
    let at = offset;
    let isTorn = false;
    for (let number = first; number < end; ) {
      const found = readFrame(bytes);
      if (found.kind === 'more' || (found.kind === 'empty' && bytes.length === 0 && at < segmentBytesMax)) {
        bytes = await object.read(at, Math.max(logReadBytes, found.kind === 'more' ? found.bytes : 0), { atLeast: 2 });
        if (readFrame(bytes).kind === 'empty') break;
        continue;
      }
      isTorn = found.kind === 'torn';
      if (found.kind !== 'batch' || found.batch.number !== number || found.batch.epoch !== epoch) break;
      batches.push(found.batch);
      number++;
      at += found.bytes;
      bytes = bytes.subarray(found.bytes);
    }
    const last = batches.at(-1)?.number ?? first - 1;
    if (Number.isFinite(end) && last < end - 1) throw new LogDamagedError(`batch ${last + 1} cannot be read`);
    if (isTorn) await this.#lookAhead(object, at, last);
    return batches;
  }

  /** A batch is written only after the one before is durable: a later one proves that this end is not torn, but rotten. */
  async #lookAhead(object: BlockObject, at: number, last: BatchNumber): Promise<void> {
    const bytes = await object.read(at, batchBytesMax, { atLeast: 2 });
    for (let block = 0; block < bytes.length; block += frameBlockBytes) {
      const found = readFrame(bytes.subarray(block));
      if (found.kind === 'batch' && found.batch.number > last + 1) {
        throw new LogDamagedError(`batch ${last + 1} cannot be read, and ${found.batch.number} can`);
      }
    }
  }

  async #readSnapshot({ snapshot }: LogManifest): Promise<LogSnapshot> {
    if (snapshot === null) throw new LogDamagedError('it was trimmed without a snapshot');
    const object = await this.#open(snapshot.gfid);
    const bytes = await object.read(0, snapshot.bytes, { atLeast: 2 });
    if (crc32(bytes) !== snapshot.checksum) throw new LogDamagedError('its snapshot is not what was written');
    const parsed = LogSnapshotForm.safeParse(unpacked(bytes));
    if (!parsed.success) throw new LogDamagedError('its snapshot makes no sense');
    return parsed.data;
  }

  #open(gfid: string): Promise<BlockObject> {
    let opened = this.#opened.get(gfid);
    if (opened === undefined) {
      opened = this.#objects.open(gfid);
      this.#opened.set(gfid, opened);
      opened.catch(() => this.#opened.delete(gfid));
    }
    return opened;
  }
}
