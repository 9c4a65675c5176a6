import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { SlotFailure } from '../array/events.ts';
import { combine, groupPages, parityPage, partPage, storedParts } from '../array/group-buffer.ts';
import { type Membership, unanswered } from '../array/membership.ts';
import type { PageBudget } from '../array/page-budget.ts';
import { type LostGroup, MemberLostError } from '../errors.ts';
import {
  dataSlot,
  type GroupShape,
  groupBlocks,
  groupShape,
  paritySlot,
  partBlocks,
  slotMember,
} from '../layout/geometry.ts';
import { blockBytes } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
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
  readonly mended: MendedSlot | undefined;
  readonly lost: LostGroup | undefined;
}

interface Slot {
  readonly slot: number;
  readonly member: number;
  readonly blocks: number;
  readonly page: PageIndex;
  failure: SlotFailure | undefined;
}

interface Group {
  readonly record: ObjectRecord;
  readonly group: number;
  readonly shape: GroupShape;
  readonly parts: readonly Slot[];
  readonly parity: Slot;
  /** Where a slot is restored: nobody was ever asked to read into it. */
  readonly scratch: PageIndex;
  bytesRead: number;
}

/** Holds one group at a time against its checksums and its parity, and writes anew what the rest of it restores. */
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
      if (own === undefined) return untouched(laid);
      await this.#fetch(laid, [own]);
      if (own.failure === undefined) return untouched(laid);
      const why = record.absent.includes(member) ? 'not stored' : own.failure;
      await this.#fetch(
        laid,
        slotsOf(laid).filter((slot) => slot !== own && !record.absent.includes(slot.member)),
      );
      for (const slot of slotsOf(laid)) {
        if (slot !== own && record.absent.includes(slot.member)) slot.failure = 'not stored';
      }
      if (slotsOf(laid).filter(({ failure }) => failure !== undefined).length > 1) return this.#beyond(laid);
      this.#restore(laid, own);
      await this.#store(laid, own, false);
      return { bytesRead: laid.bytesRead, mended: mended(laid, own, why), lost: undefined };
    });
  }

  /** Read every slot: restore one that is damaged, and compute parity anew where all data is whole and it does not fit. */
  scrub(record: ObjectRecord, group: number): Promise<MendedGroup> {
    return this.#withGroup(record, group, async (laid) => {
      const slots = slotsOf(laid);
      for (const slot of slots) if (record.absent.includes(slot.member)) slot.failure = 'not stored';
      await this.#fetch(
        laid,
        slots.filter(({ failure }) => failure === undefined),
      );
      const bad = slots.filter(({ failure }) => failure !== undefined);
      const [first] = bad;
      if (bad.length > 1) return this.#beyond(laid);
      const isAway = first?.failure === 'not stored' || first?.failure === 'down' || first?.failure === 'unanswered';
      if (isAway) return untouched(laid);
      const target = first ?? laid.parity;
      this.#restore(laid, target);
      if (first === undefined && this.#isSame(laid, target)) return untouched(laid);
      await this.#store(laid, target, true);
      return { bytesRead: laid.bytesRead, mended: mended(laid, target, first?.failure ?? 'parity'), lost: undefined };
    });
  }

  async #withGroup<T>(record: ObjectRecord, group: number, work: (laid: Group) => Promise<T>): Promise<T> {
    const { geometry, bytes, span } = record;
    const shape = groupShape(geometry, bytes, group);
    const pages = groupPages(geometry, shape);
    const counts = [pages, shape.unitBlocks];
    const [first, scratch] = (await this.#host.budget.takeAll(counts)) as [PageIndex, PageIndex];
    const slotAt = (slot: number, page: PageIndex, blocks: number): Slot => ({
      slot,
      member: slotMember(geometry, span, group, slot),
      page,
      blocks,
      failure: undefined,
    });
    const parts = storedParts(geometry, shape).map((part) =>
      slotAt(dataSlot(geometry, group, part), partPage(first, shape, part), partBlocks(shape, part)),
    );
    const parity = slotAt(paritySlot(geometry, group), parityPage(first, geometry, shape), shape.unitBlocks);
    try {
      return await work({ record, group, shape, parts, parity, scratch, bytesRead: 0 });
    } finally {
      this.#host.budget.give(first, pages);
      this.#host.budget.give(scratch, shape.unitBlocks);
    }
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

  /** What a slot should hold, by the others: into the scratch pages. */
  #restore({ shape, parts, parity, scratch }: Group, target: Slot): void {
    const { pages, kernel } = this.#host;
    // What a part does not store counts as zeros in the parity.
    for (const { page, blocks } of parts) {
      if (blocks < shape.unitBlocks) pages.bytes(page, shape.unitBlocks).fill(0, blocks * blockBytes);
    }
    const others = [...parts, parity].filter((slot) => slot !== target).map(({ page }) => page);
    combine(pages, kernel, scratch, others, shape.unitBlocks);
  }

  #isSame({ shape, scratch }: Group, { page }: Slot): boolean {
    const { pages } = this.#host;
    return Buffer.compare(pages.bytes(scratch, shape.unitBlocks), pages.bytes(page, shape.unitBlocks)) === 0;
  }

  async #store({ record, group, scratch }: Group, { slot, member, blocks }: Slot, harden: boolean): Promise<void> {
    const { membership, pages } = this.#host;
    const { gfid } = record;
    const slots = [{ group, slot, blocks, page: scratch, generation: pages.generation(scratch) }];
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
    return { bytesRead: laid.bytesRead, mended: undefined, lost };
  }
}

const slotsOf = ({ parts, parity }: Group): Slot[] => [...parts, parity];

const untouched = ({ bytesRead }: Group): MendedGroup => ({ bytesRead, mended: undefined, lost: undefined });

const mended = ({ group }: Group, { slot, member, blocks }: Slot, why: MendedSlot['why']): MendedSlot => ({
  group,
  slot,
  member,
  why,
  bytes: blocks * blockBytes,
});
