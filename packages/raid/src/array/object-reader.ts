import type { PageIndex, PagePool } from '@holdfast/runtime';
import { type LostGroup, MemberLostError, ObjectLostError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import {
  dataSlot,
  type GroupShape,
  groupBlocks,
  groupCount,
  groupShape,
  paritySlot,
  partBlocks,
  slotMember,
} from '../layout/geometry.ts';
import { blockBytes, groupsPerWindow } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { SlotFailure } from './events.ts';
import { combine, groupPages, parityPage, partPage, storedParts } from './group-buffer.ts';
import { type Membership, SilentMemberError, unanswered } from './membership.ts';
import type { PageBudget } from './page-budget.ts';

export interface ReaderHost {
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
  readonly budget: PageBudget;
  readonly membership: Membership;
  readonly name: (member: number) => string;
  /** Hear of slots that were restored and written anew. */
  readonly onRepaired: (slot: { group: number; slot: number; member: number; why: SlotFailure }) => void;
}

/** A slot of a group in memory, and what became of reading it. */
interface Slot {
  readonly slot: number;
  readonly member: number;
  readonly blocks: number;
  page: PageIndex;
  failure: SlotFailure | undefined;
  fetched: boolean;
  /** Its member stands still and was not waited for. */
  passedOver: boolean;
  /** Whoever was asked to read into these pages may still do so: nothing else may be put there. */
  tainted: boolean;
}

interface Group {
  readonly group: number;
  readonly first: PageIndex;
  readonly pages: number;
  readonly shape: GroupShape;
  readonly parts: readonly Slot[];
  readonly parity: Slot;
  /** Pages that took the place of tainted ones. */
  readonly spares: PageIndex[];
}

interface WantedSlot {
  readonly group: number;
  readonly slot: Slot;
}

/** Reads one object, some groups at a time, restoring what cannot be read where it lies. */
export class ObjectReader {
  readonly #host: ReaderHost;
  readonly #key: string;
  readonly #object: ObjectRecord;

  constructor(host: ReaderHost, key: string, object: ObjectRecord) {
    this.#host = host;
    this.#key = key;
    this.#object = object;
  }

  /** Windows of groups the object has. */
  get windows(): number {
    return Math.ceil(groupCount(this.#object.geometry, this.#object.bytes) / groupsPerWindow);
  }

  /**
   * The bytes of a window, copied out of the shared pages, one chunk a group.
   * @throws ObjectLostError when a group has lost more than parity restores.
   */
  async read(window: number): Promise<Uint8Array[]> {
    const groups = await this.#prepare(window);
    try {
      await this.#fetch(groups.flatMap(({ group, parts }) => parts.map((slot) => ({ group, slot }))));
      const wounded = groups.filter(({ parts }) => parts.some(({ failure }) => failure !== undefined));
      if (wounded.length > 0) await this.#restore(wounded);
      return groups.map((group) => this.#copyOut(group));
    } finally {
      for (const { first, pages, shape, spares } of groups) {
        this.#host.budget.give(first, pages);
        for (const spare of spares) this.#host.pages.give(spare, shape.unitBlocks);
      }
    }
  }

  /** The groups of a window, with pages for all of them. */
  async #prepare(window: number): Promise<Group[]> {
    const { geometry, bytes } = this.#object;
    const start = window * groupsPerWindow;
    const count = Math.min(groupsPerWindow, groupCount(geometry, bytes) - start);
    const shapes = Array.from({ length: count }, (_, index) => groupShape(geometry, bytes, start + index));
    const pages = shapes.map((shape) => groupPages(geometry, shape));
    const firsts = await this.#host.budget.takeAll(pages);
    return shapes.map((shape, index) => this.#lay(start + index, shape, firsts[index]!, pages[index]!));
  }

  /** Where the slots of a group lie, in memory and among the members. */
  #lay(group: number, shape: GroupShape, first: PageIndex, pages: number): Group {
    const { geometry, span } = this.#object;
    const slotAt = (slot: number, page: PageIndex, blocks: number): Slot => {
      const member = slotMember(geometry, span, group, slot);
      const failure = this.#knownFailure(member);
      const passedOver = failure === 'unanswered';
      return { slot, member, page, blocks, failure, fetched: false, passedOver, tainted: false };
    };
    const parts = storedParts(geometry, shape).map((part) =>
      slotAt(dataSlot(geometry, group, part), partPage(first, shape, part), partBlocks(shape, part)),
    );
    const parity = slotAt(paritySlot(geometry, group), parityPage(first, geometry, shape), shape.unitBlocks);
    return { group, first, pages, shape, parts, parity, spares: [] };
  }

  #knownFailure(member: number): SlotFailure | undefined {
    if (this.#object.absent.includes(member)) return 'not stored';
    const { live, silent } = this.#host.membership;
    if (!live.has(member)) return 'down';
    return silent.has(member) ? 'unanswered' : undefined;
  }

  /** Read slots into their pages: one request for each member. `patient` waits also for members that stand still. */
  async #fetch(wanted: readonly WantedSlot[], patient = false): Promise<void> {
    const byMember = Map.groupBy(
      wanted.filter(({ slot }) => slot.failure === undefined),
      ({ slot }) => slot.member,
    );
    await Promise.all([...byMember].map(([member, slots]) => this.#fetchFrom(member, slots, patient)));
  }

  async #fetchFrom(member: number, slots: readonly WantedSlot[], patient: boolean): Promise<void> {
    const { membership, pages } = this.#host;
    const messages = slots.map(({ group, slot: { slot, blocks, page } }) => ({
      group,
      slot,
      blocks,
      page,
      generation: pages.generation(page),
    }));
    try {
      const fetch = (iom: IomPort, epoch: number) => iom.fetch({ epoch, gfid: this.#object.gfid, slots: messages });
      const asked = patient ? membership.ask(member, fetch) : membership.askUnlessSilent(member, fetch);
      const outcomes = await asked;
      for (const [index, { slot }] of slots.entries()) {
        const outcome = outcomes[index] ?? 'missing';
        slot.fetched = outcome === 'ok';
        slot.failure = outcome === 'ok' ? undefined : outcome;
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      for (const { slot } of slots) {
        slot.failure = failure;
        slot.passedOver = error instanceof SilentMemberError;
        slot.tainted = true;
      }
    }
  }

  /** Bring back the one part each of these groups misses, from its other parts and its parity. */
  async #restore(groups: readonly Group[]): Promise<void> {
    await this.#fetch(groups.map(({ group, parity }) => ({ group, slot: parity })));
    await this.#waitForSilent(groups.filter(beyondParity));
    const lost = groups.filter(beyondParity);
    if (lost.length > 0)
      throw new ObjectLostError(
        this.#key,
        lost.map((group) => this.#describeLoss(group)),
      );
    for (const group of groups) {
      const [part] = failed(group);
      if (part === undefined) continue;
      this.#rebuild(group, part);
      await this.#repair(group.group, part);
    }
  }

  /** What cannot be restored without members that stand still is asked of them after all: they may go on. */
  async #waitForSilent(groups: readonly Group[]): Promise<void> {
    const passedOver = groups.flatMap(({ group, parts, parity }) =>
      [...parts, parity].filter((slot) => slot.passedOver).map((slot) => ({ group, slot })),
    );
    for (const { slot } of passedOver) slot.failure = undefined;
    await this.#fetch(passedOver, true);
  }

  #rebuild({ shape, parts, parity, spares }: Group, part: Slot): void {
    const { pages, kernel } = this.#host;
    if (part.tainted) {
      part.page = pages.take(shape.unitBlocks);
      spares.push(part.page);
    }
    // What a part does not store counts as zeros in the parity, and must be zeros here.
    for (const { page, blocks } of parts) {
      if (blocks < shape.unitBlocks) pages.bytes(page, shape.unitBlocks).fill(0, blocks * blockBytes);
    }
    const others = parts.filter((other) => other !== part).map(({ page }) => page);
    combine(pages, kernel, part.page, [...others, parity.page], shape.unitBlocks);
  }

  /**
   * Write a restored part anew, when its member is there and should have had it. What is restored is right whether or
   * not that succeeds, so a failure only leaves the damage for the next read.
   */
  async #repair(group: number, { slot, member, page, blocks, failure }: Slot): Promise<void> {
    if (failure !== 'damaged' && failure !== 'missing' && failure !== 'unreadable') return;
    // Writing would wait for the new view, and reading need not.
    if (this.#host.membership.changing) return;
    const generation = this.#host.pages.generation(page);
    const slots = [{ group, slot, blocks, page, generation }];
    try {
      await this.#host.membership.ask(member, (iom, epoch) =>
        iom.store({ epoch, gfid: this.#object.gfid, slots, harden: true }),
      );
    } catch {
      return;
    }
    this.#host.onRepaired({ group, slot, member, why: failure });
  }

  #describeLoss({ group, parts, parity }: Group): LostGroup {
    const groupBytes = groupBlocks(this.#object.geometry) * blockBytes;
    const start = group * groupBytes;
    return {
      group,
      start,
      bytes: Math.min(groupBytes, this.#object.bytes - start),
      slots: [...parts, parity].flatMap(({ slot, member, failure }) =>
        failure === undefined ? [] : [{ slot, node: this.#host.name(member), why: failure }],
      ),
    };
  }

  #copyOut({ group, parts, shape }: Group): Uint8Array {
    const groupBytes = groupBlocks(this.#object.geometry) * blockBytes;
    // Not cleared first: every byte is set.
    const chunk = Buffer.allocUnsafeSlow(Math.min(groupBytes, this.#object.bytes - group * groupBytes));
    for (const [part, { page, blocks }] of parts.entries()) {
      const at = part * shape.unitBlocks * blockBytes;
      chunk.set(this.#host.pages.bytes(page, blocks).subarray(0, chunk.byteLength - at), at);
    }
    return chunk;
  }
}

/** Whether parity does not restore what is missing. */
const beyondParity = (group: Group): boolean => failed(group).length > (group.parity.fetched ? 1 : 0);

const failed = ({ parts }: Group): Slot[] => parts.filter(({ failure }) => failure !== undefined);

/** What an unanswered request says about the slots it asked for; undefined when the failure is not the member's. */
function failureOf(error: unknown): SlotFailure | undefined {
  if (error instanceof MemberLostError) return 'down';
  return unanswered(error) ? 'unanswered' : undefined;
}
