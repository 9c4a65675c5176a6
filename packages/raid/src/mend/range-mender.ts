import { setTimeout as pause } from 'node:timers/promises';
import type { SlotFailure } from '../array/events.ts';
import { unanswered } from '../array/membership.ts';
import { unlessLost } from '../array/object-directory.ts';
import { type LostGroup, MemberLostError } from '../errors.ts';
import { groupBlocks } from '../layout/geometry.ts';
import { blockBytes, groupsPerWindow, heldBlocksMax, rowPauseMs, scrubAttemptsMax } from '../limits.ts';
import type { ObjectHost } from '../object/object-host.ts';
import { exclusiveOr } from '../object/row-restore.ts';
import { type BlockPlace, blockPlace, rowBlocks } from '../object/stripe.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { MendedGroup, MendedSlot } from './group-mender.ts';

/** One block of a row as it was read; `slot` data for its parity. */
interface RowPart {
  readonly slot: number;
  readonly member: number;
  readonly lblk: number;
  readonly page: number;
  failure: SlotFailure | 'stale' | undefined;
  /** Of a data block its update, of parity those of all. */
  versions: readonly number[];
}

/**
 * Holds the rows of objects that are written in ranges against their checksums, their versions and their parity, and has
 * mended what the rest of a row restores: a data block where it lies, parity by computing it anew.
 */
export class RangeMender {
  readonly #host: ObjectHost;

  constructor(host: ObjectHost) {
    this.#host = host;
  }

  /** Every row of an object that something was written of, some at a time. */
  async *scrub(record: ObjectRecord, concerns: (members: readonly number[]) => boolean): AsyncGenerator<MendedGroup[]> {
    for (let from = 0; ; ) {
      const { rows, next } = await this.#heldRows(record, from);
      for (let at = 0; at < rows.length; at += groupsPerWindow) {
        const window = rows.slice(at, at + groupsPerWindow).filter((row) => concerns(this.#membersOf(record, row)));
        yield await Promise.all(window.map((row) => this.#row(record, row)));
      }
      if (next === undefined) return;
      from = next;
    }
  }

  #membersOf(record: ObjectRecord, row: number): number[] {
    const places = placesOf(record, row);
    return [...places.map(({ data }) => data), places[0]!.parity];
  }

  /** Rows from one on that something is held of, as many as one answer of each member names. */
  async #heldRows(record: ObjectRecord, from: number): Promise<{ rows: number[]; next: number | undefined }> {
    const { members } = this.#host;
    const { gfid, span, geometry } = record;
    const { unitBlocks } = geometry;
    const whole = groupBlocks(geometry);
    const rowOf = (lblk: number) => Math.floor(lblk / whole) * unitBlocks + (lblk % unitBlocks);
    const last = Number.MAX_SAFE_INTEGER;
    const fromBlock = Math.floor(from / unitBlocks) * whole;
    const request = { gfid, fromBlock, toBlock: last, fromGroup: from, toGroup: last };
    const answers = await Promise.all(
      span
        .filter((member) => members.live.has(member))
        .map((member) => unlessLost(members.ask(member, (iom, epoch) => iom.heldBlocks({ epoch, ...request })))),
    );
    const rows = new Set<number>();
    let end = last;
    for (const { blocks, groups } of answers.flatMap((answer) => answer ?? [])) {
      for (const row of [...blocks.map(rowOf), ...groups]) rows.add(row);
      // Behind where an answer was cut off there may be more than it says: whole groups of the layout are looked at.
      if (blocks.length === heldBlocksMax) end = Math.min(end, Math.floor(blocks.at(-1)! / whole) * unitBlocks);
      if (groups.length === heldBlocksMax) end = Math.min(end, groups.at(-1)!);
    }
    const inOrder = [...rows].filter((row) => row >= from && row < end).sort((a, b) => a - b);
    return { rows: inOrder, next: end === last ? undefined : Math.max(end, from + 1) };
  }

  async #row(record: ObjectRecord, row: number): Promise<MendedGroup> {
    for (let attempt = 1; ; attempt++) {
      const mended = await this.#attempt(record, row, attempt === scrubAttemptsMax);
      if (mended !== undefined) return mended;
      await pause(rowPauseMs);
    }
  }

  /** Undefined when the row was written, or caught up, meanwhile. */
  async #attempt(record: ObjectRecord, row: number, isLast: boolean): Promise<MendedGroup | undefined> {
    const places = placesOf(record, row);
    const { budget, pages } = this.#host;
    const taken = await budget.takeAll([...places, places[0]!].map(() => 1));
    const partAt = (slot: number, member: number, lblk: number): RowPart => {
      return { slot, member, lblk, page: taken[slot]!, failure: undefined, versions: [] };
    };
    const data = places.map(({ slot, data: member, lblk }) => partAt(slot, member, lblk));
    const parity = partAt(places.length, places[0]!.parity, places[0]!.lblk);
    const parts = [...data, parity];
    try {
      await Promise.all([...data.map((part) => this.#readBlock(record, part)), this.#readParity(record, row, parity)]);
      const bytesRead = parts.filter(({ failure }) => failure === undefined).length * blockBytes;
      const bad = parts.filter(({ failure }) => failure !== undefined);
      const [first] = bad;
      const isOfOneVersion = data.every(
        ({ slot, failure, versions }) => failure !== undefined || versions[0] === (parity.versions[slot] ?? 0),
      );
      const isPassing = bad.some(({ failure }) => failure === 'stale');
      if (isPassing || (parity.failure === undefined && bad.length < 2 && !isOfOneVersion)) {
        if (!isLast) return undefined;
        // It is written, or caught up, all the time: that leaves it right.
        if (isPassing) return { bytesRead, mended: [], lost: undefined };
      }
      const isGone = (part: RowPart) => part.failure === 'down' || part.failure === 'unanswered';
      if (bad.length > 1) return { bytesRead, mended: [], lost: this.#lost(record, row, bad) };
      if (first !== undefined && isGone(first)) return { bytesRead, mended: [], lost: undefined };
      if (first !== undefined && first !== parity) {
        pages.bytes(first.page).set(pages.bytes(parity.page));
        for (const { page } of data.filter((part) => part !== first)) {
          exclusiveOr(pages.bytes(first.page), pages.bytes(page));
        }
        const isMended = await this.#mendBlock(record, first);
        if (!isMended && !isLast) return undefined;
        if (!isMended) return { bytesRead, mended: [], lost: this.#lost(record, row, bad) };
        return { bytesRead, mended: [mendedPart(row, first, 'damaged')], lost: undefined };
      }
      const isRight = first === undefined && isOfOneVersion && this.#isSum(data, parity);
      if (isRight) return { bytesRead, mended: [], lost: undefined };
      const why = first === undefined ? 'parity' : 'damaged';
      const isEncoded = await this.#encode(record, row, parity.member);
      if (isEncoded) return { bytesRead, mended: [mendedPart(row, parity, why)], lost: undefined };
      return isLast ? { bytesRead, mended: [], lost: this.#lost(record, row, [parity]) } : undefined;
    } finally {
      for (const page of taken) budget.give(page, 1);
    }
  }

  async #readBlock({ gfid }: ObjectRecord, part: RowPart): Promise<void> {
    const { members, pages } = this.#host;
    const blocks = [{ lblk: part.lblk, page: part.page, generation: pages.generation(part.page) }];
    await this.#into(part, async () => {
      const request = { gfid, client: 0, atLeast: 0 as const, blocks };
      const [answer] = await members.ask(part.member, (iom, epoch) => iom.readBlocks({ epoch, ...request }));
      part.versions = [answer?.seq ?? 0];
      return answer?.outcome;
    });
  }

  async #readParity({ gfid }: ObjectRecord, group: number, part: RowPart): Promise<void> {
    const { members, pages } = this.#host;
    const groups = [{ group, page: part.page, generation: pages.generation(part.page) }];
    await this.#into(part, async () => {
      const [answer] = await members.ask(part.member, (iom, epoch) => iom.readParity({ epoch, gfid, groups }));
      part.versions = answer?.vv ?? [];
      return answer?.outcome;
    });
  }

  async #into(part: RowPart, read: () => Promise<'ok' | 'hole' | 'damaged' | 'stale' | undefined>): Promise<void> {
    try {
      const outcome = this.#host.members.live.has(part.member) ? await read() : undefined;
      if (outcome === 'hole') this.#host.pages.bytes(part.page).fill(0);
      if (outcome === undefined) part.failure = 'down';
      else if (outcome === 'damaged' || outcome === 'stale') part.failure = outcome;
    } catch (error) {
      if (!(error instanceof MemberLostError || unanswered(error))) throw error;
      part.failure = error instanceof MemberLostError ? 'down' : 'unanswered';
    }
  }

  async #mendBlock({ gfid }: ObjectRecord, { member, lblk, page }: RowPart): Promise<boolean> {
    const { members, pages } = this.#host;
    const block = { lblk, page, generation: pages.generation(page) };
    return (await unlessLost(members.ask(member, (iom, epoch) => iom.mendBlock({ epoch, gfid, ...block })))) === true;
  }

  async #encode({ gfid }: ObjectRecord, group: number, member: number): Promise<boolean> {
    const { members } = this.#host;
    const asked = members.ask(member, (iom, epoch) => iom.encodeParity({ epoch, gfid, group }));
    return (await unlessLost(asked)) === true;
  }

  #isSum(data: readonly RowPart[], parity: RowPart): boolean {
    const { pages } = this.#host;
    const sum = pages.bytes(parity.page).slice();
    for (const { page } of data) exclusiveOr(sum, pages.bytes(page));
    return sum.every((byte) => byte === 0);
  }

  #lost({ geometry }: ObjectRecord, row: number, bad: readonly RowPart[]): LostGroup {
    const gone = bad.find(({ slot }) => slot < geometry.data) ?? bad[0]!;
    const slots = bad.map(({ slot, member, failure }) => {
      return {
        slot,
        node: this.#host.name(member),
        why: failure === undefined || failure === 'stale' ? 'damaged' : failure,
      };
    });
    return { group: row, start: gone.lblk * blockBytes, bytes: blockBytes, slots };
  }
}

/** The data blocks of a row. */
function placesOf({ geometry, span }: ObjectRecord, row: number): BlockPlace[] {
  const { unitBlocks } = geometry;
  const first = Math.floor(row / unitBlocks) * groupBlocks(geometry) + (row % unitBlocks);
  return rowBlocks(geometry, blockPlace(geometry, span, first)).map((lblk) => blockPlace(geometry, span, lblk));
}

const mendedPart = (group: number, { slot, member }: RowPart, why: MendedSlot['why']): MendedSlot => ({
  group,
  slot,
  member,
  why,
  bytes: blockBytes,
});
