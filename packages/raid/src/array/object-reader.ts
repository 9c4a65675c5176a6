import type { PageIndex, PagePool } from '@holdfast/runtime';
import { type LostGroup, MemberLostError, ObjectLostError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import {
  dataSlot,
  type GroupShape,
  groupBlocks,
  groupCount,
  groupMembers,
  groupShape,
  paritySlots,
  partBlocks,
} from '../layout/geometry.ts';
import { blockBytes, groupsPerWindow } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { Member } from '../parity/restore-plan.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ChunkMemory } from './chunk-memory.ts';
import type { SlotFailure } from './events.ts';
import { groupPages, parityPages, partPage, restoreSlots, storedParts } from './group-buffer.ts';
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
  /** P before Q. */
  readonly parities: readonly Slot[];
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
  readonly #memory: ChunkMemory;

  constructor(host: ReaderHost, key: string, object: ObjectRecord, memory: ChunkMemory) {
    this.#host = host;
    this.#key = key;
    this.#object = object;
    this.#memory = memory;
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
    const { geometry } = this.#object;
    const members = groupMembers(this.#object, group);
    const slotAt = (slot: number, page: PageIndex, blocks: number): Slot => {
      const member = members[slot]!;
      const failure = this.#knownFailure(member);
      const passedOver = failure === 'unanswered';
      return { slot, member, page, blocks, failure, fetched: false, passedOver, tainted: false };
    };
    const parts = storedParts(geometry, shape).map((part) =>
      slotAt(dataSlot(geometry, group, part), partPage(first, shape, part), partBlocks(shape, part)),
    );
    const parityAt = parityPages(first, geometry, shape);
    const parities = paritySlots(geometry, group).map((slot, index) =>
      slotAt(slot, parityAt[index]!, shape.unitBlocks),
    );
    return { group, first, pages, shape, parts, parities, spares: [] };
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

  /** Bring back the parts each of these groups misses, from its other parts and as many parities. */
  async #restore(groups: readonly Group[]): Promise<void> {
    await this.#fetchParities(groups);
    await this.#waitForSilent(groups.filter(beyondParity));
    const lost = groups.filter(beyondParity);
    if (lost.length > 0)
      throw new ObjectLostError(
        this.#key,
        lost.map((group) => this.#describeLoss(group)),
      );
    for (const group of groups) {
      const parts = failed(group);
      if (parts.length === 0) continue;
      this.#rebuild(group, parts);
      for (const part of parts) await this.#repair(group.group, part);
    }
  }

  /** Read parities, until each group has as many as it misses parts, or no more are to be had. */
  async #fetchParities(groups: readonly Group[]): Promise<void> {
    for (;;) {
      const wanted = groups.flatMap((group) => wantedParities(group).map((slot) => ({ group: group.group, slot })));
      if (wanted.length === 0) return;
      await this.#fetch(wanted);
    }
  }

  /** What cannot be restored without members that stand still is asked of them after all: they may go on. */
  async #waitForSilent(groups: readonly Group[]): Promise<void> {
    const passedOver = groups.flatMap(({ group, parts, parities }) =>
      [...parts, ...parities].filter((slot) => slot.passedOver).map((slot) => ({ group, slot })),
    );
    for (const { slot } of passedOver) slot.failure = undefined;
    await this.#fetch(passedOver, true);
    await this.#fetchParities(groups);
  }

  #rebuild({ shape, parts, parities, spares }: Group, lost: readonly Slot[]): void {
    const { pages, kernel } = this.#host;
    for (const part of lost) {
      if (!part.tainted) continue;
      part.page = pages.take(shape.unitBlocks);
      spares.push(part.page);
    }
    // What a part does not store counts as zeros in the parity, and must be zeros here.
    for (const { page, blocks } of parts) {
      if (blocks < shape.unitBlocks) pages.bytes(page, shape.unitBlocks).fill(0, blocks * blockBytes);
    }
    const places = { parts: parts.map(({ page }) => page), parities: parities.map(({ page }) => page) };
    const members: Member[] = lost.map((part) => parts.indexOf(part));
    // Where Q is all there is of parity, P is made again with the part.
    if (lost.length === 1 && parities[0]?.fetched !== true) members.push('p');
    restoreSlots(pages, kernel, places, members, shape.unitBlocks);
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

  #describeLoss({ group, parts, parities }: Group): LostGroup {
    const groupBytes = groupBlocks(this.#object.geometry) * blockBytes;
    const start = group * groupBytes;
    return {
      group,
      start,
      bytes: Math.min(groupBytes, this.#object.bytes - start),
      slots: [...parts, ...parities].flatMap(({ slot, member, failure }) =>
        failure === undefined ? [] : [{ slot, node: this.#host.name(member), why: failure }],
      ),
    };
  }

  #copyOut({ group, parts, shape }: Group): Uint8Array {
    const groupBytes = groupBlocks(this.#object.geometry) * blockBytes;
    const chunk = this.#memory.take(Math.min(groupBytes, this.#object.bytes - group * groupBytes));
    for (const [part, { page, blocks }] of parts.entries()) {
      const at = part * shape.unitBlocks * blockBytes;
      chunk.set(this.#host.pages.bytes(page, blocks).subarray(0, chunk.byteLength - at), at);
    }
    return chunk;
  }
}

/** Whether parity does not restore what is missing. */
const beyondParity = (group: Group): boolean => failed(group).length > fetchedParities(group);

const fetchedParities = ({ parities }: Group): number => parities.filter(({ fetched }) => fetched).length;

/** Parities that are to be read next, for the parts that are missing. */
function wantedParities(group: Group): readonly Slot[] {
  const missing = Math.max(0, failed(group).length - fetchedParities(group));
  return group.parities.filter(({ fetched, failure }) => !fetched && failure === undefined).slice(0, missing);
}

const failed = ({ parts }: Group): Slot[] => parts.filter(({ failure }) => failure !== undefined);

/** What an unanswered request says about the slots it asked for; undefined when the failure is not the member's. */
function failureOf(error: unknown): SlotFailure | undefined {
  if (error instanceof MemberLostError) return 'down';
  return unanswered(error) ? 'unanswered' : undefined;
}
