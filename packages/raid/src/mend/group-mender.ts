import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { SlotFailure } from '../array/events.ts';
import { groupPages, parityPages, partPage, restoreSlots, storedParts } from '../array/group-buffer.ts';
import { type Membership, unanswered } from '../array/membership.ts';
import type { PageBudget } from '../array/page-budget.ts';
import { type LostGroup, MemberLostError } from '../errors.ts';
import {
  dataSlot,
  type GroupShape,
  groupBlocks,
  groupMembers,
  groupShape,
  paritySlots,
  partBlocks,
} from '../layout/geometry.ts';
import { blockBytes } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { Member } from '../parity/restore-plan.ts';
import type { ObjectRecord } from '../store/log-record.ts';

export interface MenderHost {
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
  readonly budget: PageBudget;
  readonly membership: Membership;
  readonly name: (member: number) => string;
}

/** A slot that was written anew. */
export interface MendedSlot {
  readonly group: number;
  readonly slot: number;
  readonly member: number;
  readonly why: SlotFailure | 'parity';
  readonly bytes: number;
}

export interface MendedGroup {
  readonly bytesRead: number;
  readonly mended: readonly MendedSlot[];
  readonly lost: LostGroup | undefined;
}

interface Slot {
  readonly slot: number;
  readonly member: number;
  readonly blocks: number;
  page: PageIndex;
  failure: SlotFailure | undefined;
}

interface Group {
  readonly record: ObjectRecord;
  readonly group: number;
  readonly shape: GroupShape;
  readonly parts: readonly Slot[];
  /** P before Q. */
  readonly parities: readonly Slot[];
  /** Where slots are restored, one run for each parity: nobody was ever asked to read into them. */
  readonly scratch: readonly PageIndex[];
  bytesRead: number;
}

/** Holds one group at a time against its checksums and its parities, and writes anew what the rest of it restores. */
export class GroupMender {
  readonly #host: MenderHost;

  constructor(host: MenderHost) {
    this.#host = host;
  }

  /**
   * Bring the slot of one member into being, where it is not there as it should be. It is written, and not yet durable.
   * @throws MemberLostError when the member itself is lost
   */
  rebuild(record: ObjectRecord, group: number, member: number): Promise<MendedGroup> {
    return this.#withGroup(record, group, async (laid) => {
      const own = slotsOf(laid).find((slot) => slot.member === member);
      if (own === undefined) return outcome(laid);
      await this.#fetch(laid, [own]);
      if (own.failure === undefined) return outcome(laid);
      const why = record.absent.includes(member) ? 'not stored' : own.failure;
      await this.#fetchStored(
        laid,
        slotsOf(laid).filter((slot) => slot !== own),
      );
      const bad = failed(laid);
      if (bad.length > record.geometry.parity) return this.#beyond(laid);
      this.#restore(laid, bad);
      await this.#store(laid, own, false);
      return outcome(laid, [mended(laid, own, why)]);
    });
  }

  /**
   * Make the slots again that lie elsewhere once those of `moved` are moved, where they lie then. They are written, and not
   * yet durable.
   * @throws MemberLostError when a member that is to have one is lost
   */
  move(record: ObjectRecord, group: number, moved: readonly number[]): Promise<MendedGroup> {
    return this.#withGroup(record, group, async (laid) => {
      const target = groupMembers({ ...record, moved }, group);
      const leaving = slotsOf(laid).filter(({ slot, member }) => target[slot] !== member);
      if (leaving.length === 0) return outcome(laid);
      for (const slot of leaving) slot.failure = 'down';
      await this.#fetchStored(
        laid,
        slotsOf(laid).filter((slot) => !leaving.includes(slot)),
      );
      const bad = failed(laid);
      if (bad.length > record.geometry.parity) return this.#beyond(laid);
      this.#restore(laid, bad);
      const written = leaving.map((slot) => ({ ...slot, member: target[slot.slot]! }));
      for (const slot of written) await this.#store(laid, slot, false);
      return outcome(
        laid,
        written.map((slot) => mended(laid, slot, 'down')),
      );
    });
  }

  /** Read every slot: restore those that are damaged, and compute parity anew where all data is whole and it does not fit. */
  scrub(record: ObjectRecord, group: number): Promise<MendedGroup> {
    return this.#withGroup(record, group, async (laid) => {
      await this.#fetchStored(laid, slotsOf(laid));
      const bad = failed(laid);
      if (bad.length > record.geometry.parity) return this.#beyond(laid);
      const anew = laid.parts.some(({ failure }) => failure !== undefined) ? bad : this.#unfit(laid);
      if (bad.length > 0 && anew === bad) this.#restore(laid, bad);
      const written: MendedSlot[] = [];
      for (const slot of anew) {
        if (isAway(slot)) continue;
        await this.#store(laid, slot, true);
        written.push(mended(laid, slot, slot.failure ?? 'parity'));
      }
      return outcome(laid, written);
    });
  }

  async #withGroup<T>(record: ObjectRecord, group: number, work: (laid: Group) => Promise<T>): Promise<T> {
    const { geometry, bytes } = record;
    const members = groupMembers(record, group);
    const shape = groupShape(geometry, bytes, group);
    const counts = [groupPages(geometry, shape), ...Array.from({ length: geometry.parity }, () => shape.unitBlocks)];
    const taken = await this.#host.budget.takeAll(counts);
    const [first = 0, ...scratch] = taken;
    const slotAt = (slot: number, page: PageIndex, blocks: number): Slot => ({
      slot,
      member: members[slot]!,
      page,
      blocks,
      failure: undefined,
    });
    const parts = storedParts(geometry, shape).map((part) =>
      slotAt(dataSlot(geometry, group, part), partPage(first, shape, part), partBlocks(shape, part)),
    );
    const parityAt = parityPages(first, geometry, shape);
    const parities = paritySlots(geometry, group).map((slot, index) =>
      slotAt(slot, parityAt[index]!, shape.unitBlocks),
    );
    try {
      return await work({ record, group, shape, parts, parities, scratch, bytesRead: 0 });
    } finally {
      for (const [index, page] of taken.entries()) this.#host.budget.give(page, counts[index]!);
    }
  }

  /** Read slots, except those that were never stored. */
  async #fetchStored(laid: Group, slots: readonly Slot[]): Promise<void> {
    const { absent } = laid.record;
    for (const slot of slots) if (absent.includes(slot.member)) slot.failure = 'not stored';
    await this.#fetch(
      laid,
      slots.filter(({ failure }) => failure === undefined),
    );
  }

  async #fetch(laid: Group, slots: readonly Slot[]): Promise<void> {
    const { membership } = this.#host;
    await Promise.all(
      slots.map(async (slot) => {
        if (!membership.live.has(slot.member)) slot.failure = 'down';
        else slot.failure = await this.#fetchOne(laid, slot);
      }),
    );
  }

  async #fetchOne(laid: Group, { slot, member, blocks, page }: Slot): Promise<SlotFailure | undefined> {
    const { membership, pages } = this.#host;
    const { gfid } = laid.record;
    const slots = [{ group: laid.group, slot, blocks, page, generation: pages.generation(page) }];
    try {
      const [outcome = 'missing'] = await membership.ask(member, (iom, epoch) => iom.fetch({ epoch, gfid, slots }));
      if (outcome !== 'ok') return outcome;
      laid.bytesRead += blocks * blockBytes;
      return undefined;
    } catch (error) {
      if (error instanceof MemberLostError) return 'down';
      if (unanswered(error)) return 'unanswered';
      throw error;
    }
  }

  /** What these slots should hold, by the others: into scratch pages, which are theirs from then on. */
  #restore({ shape, parts, parities, scratch }: Group, lost: readonly Slot[]): void {
    const { pages, kernel } = this.#host;
    for (const [index, slot] of lost.entries()) slot.page = scratch[index]!;
    // What a part does not store counts as zeros in the parities.
    for (const { page, blocks } of parts) {
      if (blocks < shape.unitBlocks) pages.bytes(page, shape.unitBlocks).fill(0, blocks * blockBytes);
    }
    const places = { parts: parts.map(({ page }) => page), parities: parities.map(({ page }) => page) };
    const members = lost.map((slot): Member => {
      const part = parts.indexOf(slot);
      return part >= 0 ? part : slot === parities[0] ? 'p' : 'q';
    });
    if (members.length > 0) restoreSlots(pages, kernel, places, members, shape.unitBlocks);
  }

  /** All data is whole: the parities that are not what it says they should be, made again. */
  #unfit(laid: Group): Slot[] {
    const { pages } = this.#host;
    const { parities, shape } = laid;
    const read = parities.map(({ page }) => page);
    this.#restore(laid, parities);
    return parities.filter((slot, index) => {
      if (slot.failure !== undefined) return true;
      const was = pages.bytes(read[index]!, shape.unitBlocks);
      return Buffer.compare(pages.bytes(slot.page, shape.unitBlocks), was) !== 0;
    });
  }

  async #store({ record, group }: Group, { slot, member, blocks, page }: Slot, harden: boolean): Promise<void> {
    const { membership, pages } = this.#host;
    const { gfid } = record;
    const slots = [{ group, slot, blocks, page, generation: pages.generation(page) }];
    await membership.ask(member, (iom, epoch) => iom.store({ epoch, gfid, slots, harden }));
  }

  #beyond(laid: Group): MendedGroup {
    const { geometry, bytes } = laid.record;
    const groupBytes = groupBlocks(geometry) * blockBytes;
    const start = laid.group * groupBytes;
    const slots = slotsOf(laid).flatMap(({ slot, member, failure }) =>
      failure === undefined ? [] : [{ slot, node: this.#host.name(member), why: failure }],
    );
    const lost = { group: laid.group, start, bytes: Math.min(groupBytes, bytes - start), slots };
    return { bytesRead: laid.bytesRead, mended: [], lost };
  }
}

const slotsOf = ({ parts, parities }: Group): Slot[] => [...parts, ...parities];

const failed = (laid: Group): Slot[] => slotsOf(laid).filter(({ failure }) => failure !== undefined);

/** Whether a slot cannot be written anew: its member is not there, or is not counted for the object. */
const isAway = ({ failure }: Slot): boolean =>
  failure === 'not stored' || failure === 'down' || failure === 'unanswered';

const outcome = ({ bytesRead }: Group, written: readonly MendedSlot[] = []): MendedGroup => ({
  bytesRead,
  mended: written,
  lost: undefined,
});

const mended = ({ group }: Group, { slot, member, blocks }: Slot, why: MendedSlot['why']): MendedSlot => ({
  group,
  slot,
  member,
  why,
  bytes: blocks * blockBytes,
});
