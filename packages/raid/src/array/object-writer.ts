import type { PageIndex, PagePool } from '@holdfast/runtime';
import { MemberLostError, TooManyDownError } from '../errors.ts';
import type { SlotMessage } from '../iom/messages.ts';
import {
  dataSlot,
  type Geometry,
  type GroupShape,
  groupBlocks,
  groupWidth,
  paritySlots,
  partBlocks,
  slotMember,
} from '../layout/geometry.ts';
import { techniqueOf } from '../layout/technique.ts';
import { blockBytes, groupsPerWindow, windowsPerPutMax } from '../limits.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import { clearTail, encodeParities, parityPages, partPage, storedParts } from './group-buffer.ts';
import type { Membership } from './membership.ts';
import type { PageBudget } from './page-budget.ts';

/** What writers share. */
export interface WriterHost {
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
  readonly budget: PageBudget;
  readonly membership: Membership;
  readonly name: (member: number) => string;
}

interface FilledGroup {
  readonly group: number;
  readonly first: PageIndex;
  readonly pages: number;
  readonly shape: GroupShape;
}

/**
 * Cuts one object into groups as its bytes come, and sends the groups to the I/O managers in windows, several under
 * way. A member that is lost on the way is left out: its slots count as never stored.
 */
export class ObjectWriter {
  readonly #host: WriterHost;
  readonly #gfid: number;
  readonly #geometry: Geometry;
  readonly #span: readonly number[];
  readonly #absent = new Set<number>();
  readonly #touched = new Set<number>();
  readonly #underWay = new Set<Promise<void>>();
  #window: FilledGroup[] = [];
  #first: PageIndex | undefined;
  #filled = 0;
  #groups = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(host: WriterHost, gfid: number, geometry: Geometry, span: readonly number[]) {
    this.#host = host;
    this.#gfid = gfid;
    this.#geometry = geometry;
    this.#span = span;
    for (const member of span) if (!host.membership.live.has(member)) this.#absent.add(member);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get groups(): number {
    return this.#groups;
  }

  /** Members of the span that hold nothing of the object that counts. */
  get absent(): readonly number[] {
    return [...this.#absent];
  }

  /** Members that were sent something, whatever became of it. */
  get touched(): readonly number[] {
    return [...this.#touched];
  }

  /** Take in more of the object; resolves when the chunk may change. */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#first ??= await this.#takeGroup();
      const room = this.#groupBytes - this.#filled;
      const part = chunk.subarray(at, at + room);
      this.#host.pages.bytes(this.#first, this.#wholePages).set(part, this.#filled);
      this.#filled += part.byteLength;
      this.#bytes += part.byteLength;
      at += part.byteLength;
      if (this.#filled === this.#groupBytes) await this.#seal();
    }
    this.#assertSound();
  }

  /** Send what is left; resolves when all slots are durable on every member that is not absent. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#seal({ last: true });
    const final = this.#window;
    this.#window = [];
    await Promise.all(this.#underWay);
    this.#assertSound();
    await this.#send(final, true);
    this.#assertSound();
    await this.#host.membership.steady();
  }

  /** Give back what was not sent, and wait for what was. */
  async abandon(): Promise<void> {
    this.#failure ??= { error: new Error('The put was abandoned.') };
    await Promise.all(this.#underWay);
    if (this.#first !== undefined) this.#host.budget.give(this.#first, this.#wholePages);
    for (const { first, pages } of this.#window) this.#host.budget.give(first, pages);
    this.#first = undefined;
    this.#window = [];
  }

  /** Pages for the next group. Before waiting for them, send what is filled, so that nobody waits for this put. */
  async #takeGroup(): Promise<PageIndex> {
    const first = this.#host.budget.tryTake(this.#wholePages);
    if (first !== undefined) return first;
    if (this.#window.length > 0) await this.#dispatch();
    const [waited] = await this.#host.budget.takeAll([this.#wholePages]);
    return waited!;
  }

  get #groupBytes(): number {
    return groupBlocks(this.#geometry) * blockBytes;
  }

  get #wholePages(): number {
    return groupWidth(this.#geometry) * this.#geometry.unitBlocks;
  }

  async #seal({ last = false } = {}): Promise<void> {
    const first = this.#first!;
    const blocks = Math.ceil(this.#filled / blockBytes);
    const shape: GroupShape = { blocks, unitBlocks: Math.ceil(blocks / this.#geometry.data) };
    const { pages, kernel } = this.#host;
    clearTail(pages, first, this.#geometry, shape, this.#filled);
    const parts = storedParts(this.#geometry, shape).map((part) => partPage(first, shape, part));
    const parities = parityPages(first, this.#geometry, shape);
    encodeParities(pages, kernel, { parts, parities }, shape.unitBlocks);
    this.#window.push({ group: this.#groups++, first, pages: this.#wholePages, shape });
    this.#first = undefined;
    this.#filled = 0;
    if (last || this.#window.length < groupsPerWindow) return;
    await this.#dispatch();
  }

  async #dispatch(): Promise<void> {
    const window = this.#window;
    this.#window = [];
    const sending = this.#send(window, false).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    while (this.#underWay.size >= windowsPerPutMax) await Promise.race(this.#underWay);
  }

  /** Never rejects: the first failure is kept, so that nothing is left waiting for a page. */
  async #send(window: readonly FilledGroup[], harden: boolean): Promise<void> {
    const requests = this.#requests(window);
    const others = harden ? [...this.#touched].filter((member) => !requests.has(member)) : [];
    // All must have settled before pages and blocks are given up: a request still under way would use them.
    const answers = await Promise.allSettled([
      ...[...requests].map(([member, slots]) => this.#store(member, slots, harden)),
      ...others.map((member) => this.#harden(member)),
    ]);
    for (const answer of answers) {
      if (answer.status === 'rejected') this.#failure ??= { error: answer.reason };
    }
    for (const { first, pages } of window) this.#host.budget.give(first, pages);
  }

  #requests(window: readonly FilledGroup[]): Map<number, SlotMessage[]> {
    const requests = new Map<number, SlotMessage[]>();
    const add = (group: number, slot: number, page: PageIndex, blocks: number) => {
      const member = slotMember(this.#geometry, this.#span, group, slot);
      const slots = requests.get(member) ?? [];
      slots.push({ group, slot, blocks, page, generation: this.#host.pages.generation(page) });
      requests.set(member, slots);
    };
    for (const { group, first, shape } of window) {
      for (const part of storedParts(this.#geometry, shape)) {
        const page = partPage(first, shape, part);
        add(group, dataSlot(this.#geometry, group, part), page, partBlocks(shape, part));
      }
      const parities = parityPages(first, this.#geometry, shape);
      for (const [index, slot] of paritySlots(this.#geometry, group).entries()) {
        add(group, slot, parities[index]!, shape.unitBlocks);
      }
    }
    return requests;
  }

  #store(member: number, slots: readonly SlotMessage[], harden: boolean): Promise<void> {
    this.#touched.add(member);
    return this.#unlessLost(member, () =>
      this.#host.membership.ask(member, (iom, epoch) =>
        iom.store({ epoch, gfid: this.#gfid, slots: [...slots], harden }),
      ),
    );
  }

  #harden(member: number): Promise<void> {
    return this.#unlessLost(member, () => this.#host.membership.ask(member, (iom, epoch) => iom.harden({ epoch })));
  }

  async #unlessLost(member: number, request: () => Promise<void>): Promise<void> {
    if (this.#absent.has(member)) return;
    try {
      await request();
    } catch (error) {
      if (!(error instanceof MemberLostError)) throw error;
      this.#absent.add(member);
      this.#assertCovered();
    }
  }

  #assertCovered(): void {
    if (this.#absent.size <= this.#geometry.parity) return;
    const lost = [...this.#absent].map((member) => [this.#host.name(member), 'is down']);
    throw new TooManyDownError(Object.fromEntries(lost), this.#geometry.parity, techniqueOf(this.#geometry));
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
