import { HoldfastError, type MemberSlot, type PagePool, pageBytes } from '@holdfast/runtime/service';
import { offersLookedAtMin } from '../limits.ts';

/** What a message carries for pages: the first, how many, and their generation, 4 bytes each. */
export const pageReferenceBytes = 12;

interface Offer {
  readonly first: number;
  readonly count: number;
  readonly generation: number;
}

/**
 * The pages that the values of one member lie in. A page changes hands when its receiver changes the owner word; until
 * then it is the sender's, who takes it back when the session with the receiver ends.
 */
export class PageFrames {
  readonly #pool: PagePool;
  readonly #memory: ArrayBufferLike;
  /** Pages sent to a peer of which this member has not seen that they were adopted. */
  readonly #offers = new Map<MemberSlot, { list: Offer[]; lookAt: number }>();
  /** Pages that left with a message of the step under way: whoever drops their value gives nothing back. */
  readonly #moved = new Set<number>();
  /** Values that found no free page and lie elsewhere. */
  outside = 0;

  constructor(pool: PagePool) {
    this.#pool = pool;
    this.#memory = pool.bytes(0, 1).buffer;
  }

  isPage(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#memory;
  }

  /** A copy in pages of this member or, when none are free, in memory of its own. */
  copyOf(bytes: Uint8Array): Uint8Array {
    const copy = this.#taken(bytes.length) ?? new Uint8Array(bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Nobody here uses these bytes any more. */
  drop(bytes: Uint8Array): void {
    if (!this.isPage(bytes)) return;
    const first = bytes.byteOffset / pageBytes;
    if (this.#moved.delete(first)) return;
    this.#pool.give(first, bytes.length / pageBytes);
  }

  /**
   * Send the bytes of a page: the page itself where it `moves`, else a copy of it. What the message carries; undefined
   * where only the bytes themselves can travel.
   */
  send(to: MemberSlot, bytes: Uint8Array, moves: boolean): Uint8Array | undefined {
    if (!this.isPage(bytes)) return undefined;
    let sent: Uint8Array | undefined = bytes;
    if (moves) {
      this.#moved.add(bytes.byteOffset / pageBytes);
    } else {
      sent = this.#taken(bytes.length);
      if (sent === undefined) return undefined;
      sent.set(bytes);
    }
    const first = sent.byteOffset / pageBytes;
    const offer = { first, count: sent.length / pageBytes, generation: this.#pool.generation(first) };
    this.#note(to, offer);
    return referenceOf(offer);
  }

  /**
   * The page that a message carries becomes this member's.
   * @throws HoldfastError (HF_CODEC) where there is no such page any more
   */
  adopt(bytes: Uint8Array, start: number): Uint8Array {
    const { first, count, generation } = referenceAt(bytes, start);
    if (first + count > this.#memory.byteLength / pageBytes || !this.#pool.adopt(first, count, generation)) {
      throw new HoldfastError('HF_CODEC', 'A message names pages that its sender does not offer.', {
        hint: 'Run the same release on every member.',
      });
    }
    return this.#pool.bytes(first, count);
  }

  /** A message whose page is this member's, or becomes it, with the bytes of the page in its place. */
  inlined(bytes: Uint8Array, start: number, end: number, arrived: boolean): Uint8Array {
    const at = end - pageReferenceBytes;
    const { first, count } = referenceAt(bytes, at);
    const page = arrived ? this.adopt(bytes, at) : this.#pool.bytes(first, count);
    const message = new Uint8Array(at - start + page.length);
    message.set(bytes.subarray(start, at));
    message.set(page, at - start);
    if (arrived) this.drop(page);
    return message;
  }

  /** The session with a peer is over: what it did not adopt is this member's to use again. */
  lose(peer: MemberSlot): void {
    const offers = this.#offers.get(peer);
    this.#offers.delete(peer);
    if (offers === undefined) return;
    for (const { first, count, generation } of offers.list) this.#pool.withdraw(first, count, generation);
  }

  #note(to: MemberSlot, offer: Offer): void {
    let offers = this.#offers.get(to);
    if (offers === undefined) {
      offers = { list: [], lookAt: offersLookedAtMin };
      this.#offers.set(to, offers);
    }
    offers.list.push(offer);
    if (offers.list.length < offers.lookAt) return;
    offers.list = offers.list.filter(({ first, generation }) => this.#pool.owns(first, generation));
    offers.lookAt = Math.max(offersLookedAtMin, 2 * offers.list.length);
  }

  #taken(bytes: number): Uint8Array | undefined {
    const count = bytes / pageBytes;
    try {
      return this.#pool.bytes(this.#pool.take(count), count);
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'HF_POOL_EXHAUSTED') throw error;
      this.outside += 1;
      return undefined;
    }
  }
}

function referenceOf({ first, count, generation }: Offer): Uint8Array {
  const view = new DataView(new ArrayBuffer(pageReferenceBytes));
  view.setUint32(0, first, true);
  view.setUint32(4, count, true);
  view.setUint32(8, generation, true);
  return new Uint8Array(view.buffer);
}

function referenceAt(bytes: Uint8Array, start: number): Offer {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, pageReferenceBytes);
  return { first: view.getUint32(0, true), count: view.getUint32(4, true), generation: view.getUint32(8, true) };
}
