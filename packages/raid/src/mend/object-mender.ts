import { setTimeout as pause } from 'node:timers/promises';
import { ReplaySubject } from 'rxjs';
import { keyFromRaw } from '../array/key.ts';
import type { Membership } from '../array/membership.ts';
import type { HeldVersion, ObjectDirectory } from '../array/object-directory.ts';
import { type LostGroup, MemberLostError } from '../errors.ts';
import type { KeyLocks } from '../journal/key-locks.ts';
import { groupCount, movesNeeded } from '../layout/geometry.ts';
import { behindPollMs, groupsPerWindow, lostObjectsMax } from '../limits.ts';
import { isBlockObject, namesGfid, printGfid } from '../object/object-record.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { GroupMender, MendedGroup, MendedSlot } from './group-mender.ts';
import type { LostObject, Mending, MendOptions, MendProgress, MendReport } from './mend-types.ts';
import type { RangeMender } from './range-mender.ts';

export interface ObjectMenderHost {
  readonly membership: Membership;
  readonly directory: ObjectDirectory;
  readonly locks: KeyLocks;
  readonly groups: GroupMender;
  readonly ranges: RangeMender;
  /** Hear of slots that were written anew, and of what is gone. */
  readonly onMended: (key: string, slot: MendedSlot) => void;
  readonly onLost: (key: string, groups: readonly LostGroup[]) => void;
}

/** What is done with every object. */
interface Task {
  /** Whether the object is concerned at all. */
  readonly concerns: (record: ObjectRecord) => boolean;
  /** Which rows of objects that are written in ranges are, by their members; undefined: none. */
  readonly ranges?: (members: readonly number[]) => boolean;
  /** What is waited for when every object was looked at. */
  readonly afterwards?: (signal: AbortSignal | undefined) => Promise<void>;
  /** What that is for this object, which stays as it is until it is finished. */
  readonly begin: (record: ObjectRecord) => {
    readonly mend: (group: number) => Promise<MendedGroup>;
    /** All groups of the object were mended, and none is lost. */
    readonly finish?: (version: HeldVersion) => Promise<void>;
  };
}

/**
 * Goes through all objects, one after the other, beside everything else. One that is stored whole is not replaced while it
 * is mended; it is read; one that is written in ranges is written as well. Nothing of where it stands is kept: what was mended before is found intact.
 */
export class ObjectMender {
  readonly #host: ObjectMenderHost;

  constructor(host: ObjectMenderHost) {
    this.#host = host;
  }

  /**
   * Bring every slot that a member should have into being, and count it in again for objects stored without it; `missed`:
   * only of those.
   */
  rebuild(member: number, options: MendOptions, which: 'all' | 'missed'): Mending {
    const { groups, membership } = this.#host;
    return this.#begin(options, {
      concerns: ({ span, absent }) => (which === 'all' ? span : absent).includes(member),
      // What it missed of ranges it catches up with by itself.
      ...(which === 'all' && {
        ranges: (members: readonly number[]) => members.includes(member),
        afterwards: (signal) => this.#caughtUp(member, signal),
      }),
      begin: (record) => ({
        mend: (group) => groups.rebuild(record, group, member),
        finish: async (version) => {
          await membership.ask(member, (iom, epoch) => iom.harden({ epoch }));
          if (version.record.absent.includes(member)) await this.#countIn(version, member);
        },
      }),
    });
  }

  /**
   * Give what members that are down held to members that have nothing of the same group, of objects whose spans are wide
   * enough for that.
   */
  rehome(options: MendOptions): Mending {
    const { groups, membership, directory } = this.#host;
    const needed = (record: ObjectRecord) => movesNeeded(record, record.absent, membership.live);
    return this.#begin(options, {
      concerns: (record) => record.geometry.parity > 0 && needed(record) !== undefined,
      begin: (record) => {
        const moved = needed(record) ?? record.moved ?? [];
        return {
          mend: (group) => groups.move(record, group, moved),
          finish: async (version) => {
            await hardenSpan(membership, record.span);
            await membership.steady();
            await directory.keepAgain(version, { moved, absent: [] });
          },
        };
      },
    });
  }

  /** Hold every slot against its checksums and every parity against its data. */
  scrub(options: MendOptions): Mending {
    return this.#begin(options, {
      concerns: () => true,
      ranges: () => true,
      begin: (record) => ({ mend: (group) => this.#host.groups.scrub(record, group) }),
    });
  }

  #begin(options: MendOptions, task: Task): Mending {
    const said = new ReplaySubject<MendProgress>(1);
    const done = this.#run(options, task, new Progress(said, options.bytesPerSecondMax));
    // Whoever only looks at the progress hears of a failure there.
    done.then(
      () => said.complete(),
      (error: unknown) => said.error(error),
    );
    return { progress$: said.asObservable(), done };
  }

  async #run({ signal }: MendOptions, task: Task, progress: Progress): Promise<MendReport> {
    const { directory, locks } = this.#host;
    const lost: LostObject[] = [];
    for await (const { record } of directory.list('')) {
      signal?.throwIfAborted();
      const isRanges = isBlockObject(record);
      if (!(isRanges ? task.ranges !== undefined : task.concerns(record))) continue;
      const gone = isRanges
        ? await this.#ranges(record, task, progress, signal)
        : await locks.run(record.key, () => this.#object(record, task, progress, signal));
      if (gone.length > 0) {
        const key = isRanges ? printGfid(record.gfid) : keyFromRaw(record.key);
        if (lost.length < lostObjectsMax) lost.push({ key, groups: gone });
        this.#host.onLost(key, gone);
      }
      await progress.throttle(signal);
    }
    await task.afterwards?.(signal);
    return { ...progress.value, lost };
  }

  /** @throws MemberLostError when it is lost on the way */
  async #caughtUp(member: number, signal: AbortSignal | undefined): Promise<void> {
    const { live, returning } = this.#host.membership;
    while (returning.has(member)) await pause(behindPollMs, undefined, { signal });
    if (!live.has(member)) throw new MemberLostError(`${member}`);
  }

  /** The rows of an object that is written in ranges that are gone. It is written meanwhile. */
  async #ranges(
    record: ObjectRecord,
    task: Task,
    progress: Progress,
    signal: AbortSignal | undefined,
  ): Promise<LostGroup[]> {
    const { membership } = this.#host;
    const lost: LostGroup[] = [];
    if (task.ranges === undefined) return lost;
    // Who catches up does so by itself.
    while (membership.returning.size > 0) await pause(behindPollMs, undefined, { signal });
    for await (const rows of this.#host.ranges.scrub(record, task.ranges)) {
      signal?.throwIfAborted();
      for (const mended of rows) {
        if (mended.lost !== undefined) lost.push(mended.lost);
        for (const slot of mended.mended) this.#host.onMended(printGfid(record.gfid), slot);
        progress.say(withGroup(progress.value, mended));
      }
      await progress.throttle(signal);
    }
    // The names of objects are the array's own.
    if (record.gfid !== namesGfid) {
      progress.say({ objects: progress.value.objects + 1, rangeObjects: progress.value.rangeObjects + 1 });
    }
    return lost;
  }

  /** The groups of an object that are gone. */
  async #object(
    { key, gfid }: ObjectRecord,
    task: Task,
    progress: Progress,
    signal: AbortSignal | undefined,
  ): Promise<LostGroup[]> {
    const [version] = await this.#host.directory.versions(key);
    // Replaced or removed meanwhile: what is stored now is stored as it should be.
    if (version?.record.gfid !== gfid) return [];
    const { record } = version;
    const { mend, finish } = task.begin(record);
    const lost: LostGroup[] = [];
    const groups = groupCount(record.geometry, record.bytes);
    for (let start = 0; start < groups; start += groupsPerWindow) {
      signal?.throwIfAborted();
      const count = Math.min(groupsPerWindow, groups - start);
      const window = Array.from({ length: count }, (_, index) => mend(start + index));
      for (const mended of await Promise.all(window)) {
        if (mended.lost !== undefined) lost.push(mended.lost);
        for (const slot of mended.mended) this.#host.onMended(keyFromRaw(key), slot);
        progress.say(withGroup(progress.value, mended));
      }
    }
    if (lost.length === 0) await finish?.(version);
    progress.say({ objects: progress.value.objects + 1 });
    return lost;
  }

  /** The member has what it missed of an object: its metadata says so at every home. */
  async #countIn(version: HeldVersion, member: number): Promise<void> {
    const { membership, directory } = this.#host;
    await membership.steady();
    await directory.keepAgain(version, { absent: version.record.absent.filter((other) => other !== member) });
  }
}

/** Make all that was written at members of a span durable, on those that are up. */
export async function hardenSpan(membership: Membership, span: readonly number[]): Promise<void> {
  const up = span.filter((member) => membership.live.has(member));
  await Promise.all(up.map((member) => membership.ask(member, (iom, epoch) => iom.harden({ epoch }))));
}

/** How far a job is, and who wants to hear of it. */
class Progress {
  readonly #said: ReplaySubject<MendProgress>;
  readonly #bytesPerSecondMax: number;
  readonly #startedMs = performance.now();
  value: MendProgress = {
    objects: 0,
    groups: 0,
    bytesRead: 0,
    repairedSlots: 0,
    repairedBytes: 0,
    lostGroups: 0,
    rangeObjects: 0,
  };

  constructor(said: ReplaySubject<MendProgress>, bytesPerSecondMax = Number.POSITIVE_INFINITY) {
    this.#said = said;
    this.#bytesPerSecondMax = bytesPerSecondMax;
    said.next(this.value);
  }

  /** Not faster than it may read. */
  async throttle(signal: AbortSignal | undefined): Promise<void> {
    const earliestMs = this.#startedMs + (1000 * this.value.bytesRead) / this.#bytesPerSecondMax;
    if (earliestMs > performance.now()) await pause(earliestMs - performance.now(), undefined, { signal });
  }

  say(change: Partial<MendProgress>): void {
    this.value = { ...this.value, ...change };
    this.#said.next(this.value);
  }
}

const withGroup = (progress: MendProgress, { bytesRead, mended, lost }: MendedGroup): Partial<MendProgress> => ({
  groups: progress.groups + 1,
  bytesRead: progress.bytesRead + bytesRead,
  repairedSlots: progress.repairedSlots + mended.length,
  repairedBytes: progress.repairedBytes + mended.reduce((sum, { bytes }) => sum + bytes, 0),
  lostGroups: progress.lostGroups + (lost === undefined ? 0 : 1),
});
