import type { SlotFailure } from '../array/events.ts';
import { unanswered } from '../array/membership.ts';
import { type LostGroup, MemberLostError } from '../errors.ts';
import type { ReadOutcome } from '../iom/messages.ts';
import { blockBytes } from '../limits.ts';
import { addScaled } from '../parity/block-sums.ts';
import { type Member, planRestore } from '../parity/restore-plan.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';
import { type BlockPlace, blockPlace, rowBlocks } from './stripe.ts';

/** One block of a row, as it was read into a page: a data block by its slot, or a parity. */
export interface RowPart {
  readonly part: Member;
  readonly member: number;
  readonly lblk: number;
  readonly page: number;
  /** Why it cannot be used; undefined once it was read. */
  failure: SlotFailure | 'stale' | undefined;
  /** Of a data block its update, of parity those of all. */
  versions: readonly number[];
}

/** The blocks of one row and its parities, in pages of the caller, to be read, held against each other, and made again. */
export class RowParts {
  readonly data: readonly RowPart[];
  readonly parities: readonly RowPart[];
  readonly #host: ObjectHost;
  readonly #record: ObjectRecord;
  readonly #group: number;

  private constructor(host: ObjectHost, record: ObjectRecord, place: BlockPlace, pages: readonly number[]) {
    const { geometry, span } = record;
    this.#host = host;
    this.#record = record;
    this.#group = place.group;
    const unread = { failure: 'missing', versions: [] } as const;
    this.data = rowBlocks(geometry, place).map((lblk, slot): RowPart => {
      const { data: member } = blockPlace(geometry, span, lblk);
      return { part: slot, member, lblk, page: pages[slot]!, ...unread };
    });
    this.parities = place.parities.map((member, index): RowPart => {
      const part = index === 0 ? 'p' : 'q';
      return { part, member, lblk: place.lblk, page: pages[geometry.data + index]!, ...unread };
    });
  }

  /** @param place of any block of the row */
  static async take(host: ObjectHost, record: ObjectRecord, place: BlockPlace): Promise<RowParts> {
    const width = record.geometry.data + place.parities.length;
    const pages = await host.budget.takeAll(Array.from({ length: width }, () => 1));
    return new RowParts(host, record, place, pages);
  }

  get all(): RowPart[] {
    return [...this.data, ...this.parities];
  }

  async read(part: RowPart): Promise<void> {
    try {
      const outcome = this.#host.members.live.has(part.member) ? await this.#ask(part) : 'down';
      if (outcome === 'hole') this.bytes(part).fill(0);
      part.failure = outcome === 'ok' || outcome === 'hole' ? undefined : outcome;
    } catch (error) {
      if (!(error instanceof MemberLostError || unanswered(error))) throw error;
      part.failure = error instanceof MemberLostError ? 'down' : 'unanswered';
    }
  }

  /**
   * Whether parities and data blocks that were read are of one version: of each block exactly that update that is merged
   * into each of the parities; where a block was not read, the same one.
   */
  isOfOneVersion(): boolean {
    const parities = this.parities.filter(({ failure }) => failure === undefined);
    return this.data.every(({ failure, versions }, slot) => {
      const merged = parities.map((parity) => parity.versions[slot] ?? 0);
      const [seq] = failure === undefined ? versions : merged;
      return merged.every((each) => each === (seq ?? 0));
    });
  }

  /** Make parts that were not read again, in their pages, from those that were. Not more than there are parities. */
  restore(lost: readonly Member[]): void {
    for (const { lost: member, terms } of planRestore(this.data.length, lost)) {
      const sum = new Uint8Array(blockBytes);
      for (const term of terms) addScaled(sum, term.coefficient, this.bytes(this.#partOf(term.member)));
      this.bytes(this.#partOf(member)).set(sum);
    }
  }

  /** Whether a parity is what the data blocks say. */
  fits(parity: RowPart): boolean {
    const before = this.bytes(parity).slice();
    this.restore([parity.part]);
    const fits = Buffer.compare(before, this.bytes(parity)) === 0;
    this.bytes(parity).set(before);
    return fits;
  }

  bytes({ page }: RowPart): Uint8Array {
    return this.#host.pages.bytes(page);
  }

  /** What is to be said of a row of which too much is gone; `first` is the part that was asked for. */
  lost(first: RowPart, others: readonly RowPart[]): LostGroup {
    const slots = [first, ...others].map(({ part, member, failure }) => ({
      slot: this.slotNumber(part),
      node: this.#host.name(member),
      why: failure === undefined || failure === 'stale' ? 'damaged' : failure,
    }));
    return { group: this.#group, start: first.lblk * blockBytes, bytes: blockBytes, slots };
  }

  /** In reports parities come behind the data slots. */
  slotNumber(part: Member): number {
    return typeof part === 'number' ? part : this.data.length + (part === 'p' ? 0 : 1);
  }

  close(): void {
    for (const { page } of this.all) this.#host.budget.give(page, 1);
  }

  #partOf(member: Member): RowPart {
    return typeof member === 'number' ? this.data[member]! : this.parities[member === 'p' ? 0 : 1]!;
  }

  async #ask(part: RowPart): Promise<ReadOutcome> {
    const { members, pages } = this.#host;
    const { gfid } = this.#record;
    const { member, lblk, page } = part;
    const own = { page, generation: pages.generation(page) };
    if (typeof part.part === 'number') {
      const request = { gfid, client: 0, atLeast: 0 as const, blocks: [{ lblk, ...own }] };
      const [answer] = await members.ask(member, (iom, epoch) => iom.readBlocks({ epoch, ...request }));
      part.versions = [answer?.seq ?? 0];
      return answer?.outcome ?? 'damaged';
    }
    const groups = [{ group: this.#group, ...own }];
    const [answer] = await members.ask(member, (iom, epoch) => iom.readParity({ epoch, gfid, groups }));
    part.versions = answer?.vv ?? [];
    return answer?.outcome ?? 'damaged';
  }
}
