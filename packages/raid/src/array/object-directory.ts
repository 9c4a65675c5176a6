import { MemberLostError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import { metadataCandidates, metadataCopies, metadataHomes, metadataQuorum } from '../layout/placement.ts';
import { byWeight, keyNumber } from '../layout/rendezvous.ts';
import { recordsPerPageMax } from '../limits.ts';
import { compareRecords } from '../store/catalog.ts';
import type { ObjectRecord, RawKey } from '../store/log-record.ts';
import { type ArrayMembers, unanswered } from './membership.ts';

/** One version of a key, and the members that keep its metadata. */
export interface HeldVersion {
  readonly record: ObjectRecord;
  readonly holders: readonly number[];
  /** Those of them that missed the last change of it. */
  readonly outdated: readonly number[];
}

export interface Committed {
  readonly record: ObjectRecord;
  readonly older: readonly HeldVersion[];
}

interface HeardVersions {
  readonly heard: readonly { readonly member: number; readonly records: readonly ObjectRecord[] }[];
  /** Of members that did not answer. */
  readonly failures: readonly unknown[];
}

type PageRequest = Parameters<IomPort['objects']>[0];
type AskPage = (member: number, request: PageRequest) => Promise<readonly ObjectRecord[]>;

/** Where the metadata of objects is, and what it says. */
export class ObjectDirectory {
  readonly #membership: ArrayMembers;

  constructor(membership: ArrayMembers) {
    this.#membership = membership;
  }

  /** The newest version of a key, undefined when there is none. */
  async newest(key: RawKey): Promise<ObjectRecord | undefined> {
    return (await this.versions(key))[0]?.record;
  }

  /**
   * Every version of a key there is metadata of, newest first. As many of the candidates as the array can lose may be
   * down or late: the others know everything that was acknowledged.
   * @throws TimeoutError when more do not answer
   */
  async versions(key: RawKey): Promise<readonly HeldVersion[]> {
    const { members, live, lossesMax } = this.#membership;
    const candidates = metadataCandidates(keyNumber(rawBytes(key)), members, lossesMax);
    const asked = candidates.filter((member) => live.has(member));
    const enough = metadataQuorum(candidates.length, lossesMax);
    const talking = await this.#versionsAt(asked, key, false);
    const found = talking.heard.length >= enough ? talking : await this.#versionsAt(asked, key, true);
    if (found.failures.length > 0 && found.heard.length < enough) throw found.failures[0];
    return joinVersions(found.heard);
  }

  /**
   * Keep an object's metadata at its homes; resolves when all copies are durable. Homes that are lost are replaced.
   * @returns what was kept, and the older versions of the key: the homes know them all, since any two sets of homes share
   *   a member.
   * @throws CommitError
   */
  async commit(describe: (homes: readonly number[]) => ObjectRecord, key: RawKey): Promise<Committed> {
    const asked = new Set<number>();
    for (;;) {
      await this.#membership.steady();
      const { members, live, lossesMax } = this.#membership;
      const homes = metadataHomes(keyNumber(rawBytes(key)), members, live, lossesMax);
      const record = describe(homes);
      try {
        this.#membership.assertWritable();
        for (const home of homes) asked.add(home);
        const older = await this.#putAtAll(record);
        if (older !== undefined) return { record, older };
      } catch (error) {
        throw new CommitError(error, await this.#undo(record.gfid, asked));
      }
    }
  }

  /** Let go of versions, wherever their metadata is; resolves when that is durable on every member that is up. */
  async forget(versions: readonly HeldVersion[]): Promise<void> {
    const byMember = new Map<number, number[]>();
    for (const { record, holders } of versions) {
      for (const member of new Set([...holders, ...record.homes])) {
        byMember.set(member, [...(byMember.get(member) ?? []), record.gfid]);
      }
    }
    await Promise.all(
      [...byMember].map(([member, gfids]) =>
        unlessLost(this.#membership.ask(member, (iom, epoch) => iom.forget({ epoch, gfids }))),
      ),
    );
  }

  /** Every object whose key starts with `prefix`, by key in byte order, the newest version of each. */
  async *list(prefix: RawKey): AsyncGenerator<HeldVersion> {
    for await (const versions of this.#join(prefix, [...this.#membership.live], (...asked) => this.#page(...asked))) {
      const newest = versions[0];
      if (newest !== undefined) yield newest;
    }
  }

  /** The same with all versions of each key, newest first, as these members have them. */
  listVersions(prefix: RawKey, from: readonly number[]): AsyncGenerator<readonly HeldVersion[]> {
    return this.#join(prefix, from, (member, request) => this.#membership.ask(member, (iom) => iom.objects(request)));
  }

  async *#join(prefix: RawKey, from: readonly number[], page: AskPage): AsyncGenerator<readonly HeldVersion[]> {
    const heads = await Promise.all(
      from.map(async (member) => {
        const records = this.#records(member, prefix, page);
        return { member, records, next: await records.next() };
      }),
    );
    for (;;) {
      const open = heads.filter(({ next }) => !next.done);
      const first = open.map(({ next }) => next.value as ObjectRecord).reduce(lowerKey, undefined);
      if (first === undefined) return;
      const answers: { member: number; records: ObjectRecord[] }[] = [];
      for (const head of open) {
        const records: ObjectRecord[] = [];
        while (!head.next.done && head.next.value.key === first.key) {
          records.push(head.next.value);
          head.next = await head.records.next();
        }
        answers.push({ member: head.member, records });
      }
      yield joinVersions(answers);
    }
  }

  /** Whether a version has as many copies as it can have, all alike, and where they are looked for. */
  isPlaced({ record, holders, outdated }: HeldVersion): boolean {
    const { missing, outside } = this.#placement(record.key, holders);
    return missing.length + outside.length + outdated.length === 0;
  }

  /**
   * Keep a version with something changed: at every home alike, and at as many homes as there should be. Copies at members
   * that are no candidates any more, since the array has grown, are let go of once that is durable.
   */
  async keepAgain({ record, holders }: HeldVersion, change: Partial<ObjectRecord> = {}): Promise<void> {
    const { there, missing, outside } = this.#placement(record.key, holders);
    const homes = [...there, ...missing];
    const object = { ...record, ...change, homes, epoch: this.#membership.epoch };
    const gfids = [record.gfid];
    const at = (members: readonly number[], request: (iom: IomPort, epoch: number) => Promise<unknown>) =>
      Promise.all(members.map((member) => unlessLost(this.#membership.ask(member, request))));
    await at(homes, (iom, epoch) => iom.putObject({ epoch, object }));
    await at(outside, (iom, epoch) => iom.forget({ epoch, gfids }));
  }

  /** Of the holders that are up, those that are candidates, and those that are not; and who is to get a copy. */
  #placement(key: RawKey, holders: readonly number[]) {
    const { members, live, lossesMax } = this.#membership;
    const number = keyNumber(rawBytes(key));
    const candidates = metadataCandidates(number, members, lossesMax);
    const up = holders.filter((member) => live.has(member));
    const there = up.filter((member) => candidates.includes(member));
    const outside = up.filter((member) => !candidates.includes(member));
    const others = byWeight(number, members).filter((member) => live.has(member) && !there.includes(member));
    const missing = others.slice(0, Math.max(0, metadataCopies(lossesMax) - there.length));
    return { there, missing, outside };
  }

  /** The older versions the homes know of; undefined when a home was lost on the way. */
  async #putAtAll(record: ObjectRecord): Promise<readonly HeldVersion[] | undefined> {
    const answers = await Promise.allSettled(
      record.homes.map((home) => this.#membership.ask(home, (iom, epoch) => iom.putObject({ epoch, object: record }))),
    );
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    for (const failure of failures) if (!(failure instanceof MemberLostError)) throw failure;
    if (failures.length > 0) return undefined;
    return joinVersions(
      answers.map((answer, index) => ({
        member: record.homes[index]!,
        records: answer.status === 'fulfilled' ? answer.value : [],
      })),
    );
  }

  /** Whether no member can have the record any more. */
  async #undo(gfid: number, asked: ReadonlySet<number>): Promise<boolean> {
    const answers = await Promise.allSettled(
      [...asked].map((member) => this.#membership.ask(member, (iom, epoch) => iom.forget({ epoch, gfids: [gfid] }))),
    );
    return answers.every(({ status }) => status === 'fulfilled');
  }

  async *#records(member: number, prefix: RawKey, ask: AskPage): AsyncGenerator<ObjectRecord, undefined> {
    let after: ObjectRecord | undefined;
    for (;;) {
      const cursor = after === undefined ? undefined : { key: after.key, gfid: after.gfid };
      const request = { prefix, after: cursor, limit: recordsPerPageMax };
      const page = await unlessLost(ask(member, request));
      yield* page ?? [];
      after = page?.at(-1);
      if (page === undefined || page.length < recordsPerPageMax) return;
    }
  }

  /** What members know of a key; `patient` waits also for those that stand still. Those that did not answer are listed. */
  async #versionsAt(members: readonly number[], key: RawKey, patient: boolean): Promise<HeardVersions> {
    const answers = await Promise.allSettled(
      members.map(async (member) => {
        const request = (iom: IomPort) => iom.versions(key);
        const asked = patient
          ? this.#membership.ask(member, request)
          : this.#membership.askUnlessSilent(member, request);
        return { member, records: (await unlessLost(asked)) ?? [] };
      }),
    );
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    const fatal = failures.find((failure) => !unanswered(failure));
    if (fatal !== undefined) throw fatal;
    return { heard: answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])), failures };
  }

  /** One page of a member's records. A member that stands still is left out while every record has a copy elsewhere. */
  async #page(member: number, request: PageRequest): Promise<readonly ObjectRecord[]> {
    const { lost, silent, lossesMax } = this.#membership;
    const ask = (iom: IomPort) => iom.objects(request);
    try {
      return await this.#membership.askUnlessSilent(member, ask);
    } catch (error) {
      if (!silent.has(member) || !unanswered(error)) throw error;
      return lost.size + silent.size <= lossesMax ? [] : this.#membership.ask(member, ask);
    }
  }
}

/** Thrown inside the array when metadata could not be kept everywhere it should be. */
export class CommitError extends Error {
  override readonly name = 'CommitError';
  /** Whether no member has the metadata any more. Otherwise the next opening decides whether the object is there. */
  readonly undone: boolean;
  constructor(cause: unknown, undone: boolean) {
    super('The metadata of an object could not be kept.', { cause });
    this.undone = undone;
  }
}

/** Undefined when the member asked is gone. */
export async function unlessLost<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof MemberLostError) return undefined;
    throw error;
  }
}

/** One entry for each object id, newest first. Of two records of one object the one of the later epoch counts. */
function joinVersions(
  answers: readonly { readonly member: number; readonly records: readonly ObjectRecord[] }[],
): HeldVersion[] {
  const byId = new Map<number, { record: ObjectRecord; holders: number[]; outdated: number[] }>();
  for (const { member, records } of answers) {
    for (const record of records) {
      const known = byId.get(record.gfid);
      if (known === undefined) {
        byId.set(record.gfid, { record, holders: [member], outdated: [] });
      } else {
        if (record.epoch < known.record.epoch) known.outdated.push(member);
        if (record.epoch > known.record.epoch) {
          known.record = record;
          known.outdated.push(...known.holders.filter((holder) => !known.outdated.includes(holder)));
        }
        known.holders.push(member);
      }
    }
  }
  return [...byId.values()].sort((a, b) => b.record.gfid - a.record.gfid);
}

const rawBytes = (key: RawKey) => Buffer.from(key, 'latin1');
const lowerKey = (low: ObjectRecord | undefined, next: ObjectRecord) =>
  low === undefined || compareRecords(next, low) < 0 ? next : low;
