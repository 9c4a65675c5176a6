import { setTimeout as pause } from 'node:timers/promises';
import { unlessLost } from '../array/object-directory.ts';
import { groupBlocks } from '../layout/geometry.ts';
import { blockBytes, groupsPerWindow, heldBlocksMax, rowPauseMs, scrubAttemptsMax } from '../limits.ts';
import type { ObjectHost } from '../object/object-host.ts';
import { type RowPart, RowParts } from '../object/row-parts.ts';
import { type BlockPlace, blockPlace, rowBlocks } from '../object/stripe.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { MendedGroup, MendedSlot } from './group-mender.ts';

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
    const { geometry, span } = record;
    const place = placeOf(record, row);
    const data = rowBlocks(geometry, place).map((lblk) => blockPlace(geometry, span, lblk).data);
    return [...data, ...place.parities];
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
    const parts = await RowParts.take(this.#host, record, placeOf(record, row));
    try {
      await Promise.all(parts.all.map((part) => parts.read(part)));
      const bad = parts.all.filter(({ failure }) => failure !== undefined);
      const bytesRead = (parts.all.length - bad.length) * blockBytes;
      const nothing = { bytesRead, mended: [], lost: undefined };
      const isPassing = bad.some(({ failure }) => failure === 'stale');
      const isCovered = bad.length <= record.geometry.parity;
      if (!isLast && (isPassing || (isCovered && !parts.isOfOneVersion()))) return undefined;
      // It is written, or caught up, all the time: that leaves it right.
      if (isPassing) return nothing;
      if (!isCovered) return { ...nothing, lost: parts.lost(lostFirst(bad), behind(bad)) };
      const mended = await this.#mend(record, row, parts, bad);
      if (mended !== undefined) return { ...nothing, mended };
      return isLast
        ? { ...nothing, lost: parts.lost(lostFirst(bad.length > 0 ? bad : parts.parities), []) }
        : undefined;
    } finally {
      parts.close();
    }
  }

  /** Have everything made again that is bad, or does not fit, and whose member is there; undefined when that failed. */
  async #mend(
    record: ObjectRecord,
    row: number,
    parts: RowParts,
    bad: readonly RowPart[],
  ): Promise<MendedSlot[] | undefined> {
    const isThere = ({ failure }: RowPart) => failure !== 'down' && failure !== 'unanswered';
    const mended: MendedSlot[] = [];
    const isData = ({ part }: RowPart) => typeof part === 'number';
    if (bad.some(isData)) parts.restore(bad.map(({ part }) => part));
    for (const part of bad.filter((each) => isData(each) && isThere(each))) {
      if (!(await this.#mendBlock(record, part))) return undefined;
      mended.push(mendedPart(row, parts, part, 'damaged'));
    }
    // With a data block gone nothing tells whether parity fits.
    const isWhole = !bad.some((part) => isData(part) && !isThere(part));
    const wrong = parts.parities.filter((parity) => {
      if (parity.failure !== undefined) return isThere(parity);
      return isWhole && this.#isWrong(parts, parity);
    });
    for (const parity of wrong) {
      if (!(await this.#encode(record, row, parity.member))) return undefined;
      mended.push(mendedPart(row, parts, parity, parity.failure === undefined ? 'parity' : 'damaged'));
    }
    return mended;
  }

  #isWrong(parts: RowParts, parity: RowPart): boolean {
    const isMerged = ({ failure, versions }: RowPart, slot: number) =>
      failure !== undefined || versions[0] === (parity.versions[slot] ?? 0);
    return !parts.data.every(isMerged) || !parts.fits(parity);
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
}

/** Any block of a row. */
const placeOf = ({ geometry, span }: ObjectRecord, row: number): BlockPlace => {
  const { unitBlocks } = geometry;
  return blockPlace(geometry, span, Math.floor(row / unitBlocks) * groupBlocks(geometry) + (row % unitBlocks));
};

/** Of what is gone, data blocks are named first. */
const lostFirst = (bad: readonly RowPart[]): RowPart => bad.find(({ part }) => typeof part === 'number') ?? bad[0]!;
const behind = (bad: readonly RowPart[]): RowPart[] => bad.filter((part) => part !== lostFirst(bad));

const mendedPart = (group: number, parts: RowParts, { part, member }: RowPart, why: MendedSlot['why']): MendedSlot => ({
  group,
  slot: parts.slotNumber(part),
  member,
  why,
  bytes: blockBytes,
});
