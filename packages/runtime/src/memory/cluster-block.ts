import { type MemberSlot, memberSlots } from '../member.ts';
import type { Arena, Extent } from './arena.ts';
import { ArenaFormatError } from './errors.ts';
import { groupHeaderWords } from './seqlock.ts';

const magic = 0x48464342;
const layoutVersion = 1;

const magicWord = 0;
const versionWord = 1;
const epochWord = 2;
const tagWord = 3;
const idleBeatWord = 4;

/** Words of a set of members: one bit a slot. */
export const memberSetWords = Math.ceil(memberSlots / 32);

const line = 16;
const cutsAt = 4096 >> 2;
const cutsStride = 4;
const membersAt = 8192 >> 2;
const memberStride = 8 * line;
const heartbeatAt = 0;
const armedAt = line;
const signalsAt = 2 * line;
const pausedAt = 3 * line;
const pairsAt = 65536 >> 2;
const pairStride = 8 * line;
const statusAt = 0;
const inboxAt = line;
/** Values a status page and an inbox cell can hold. */
export const statusWords = line - groupHeaderWords;
export const inboxWords = pairStride - line - groupHeaderWords;

/** What an armed word says. A sender that turns it to awake owes the receiver a wake-up. */
export const awake = 0;
/** Waiting in the event loop: ring the doorbell. */
export const armed = 1;
/** Blocked on the armed word itself: notify it. */
export const asleep = 2;

/**
 * The part of shared memory through which the members of one cluster see each other without a message: heartbeats,
 * wake-up words, cuts, and the pages and cells of the connection open (seed 003: one-sided reads and writes at a
 * pre-agreed address, which need no help from the other side's thread).
 *
 * Layout in docs/memory.md. Words of different writers lie on different cache lines.
 */
export class ClusterBlock {
  readonly arena: Arena;
  readonly extent: Extent;
  readonly #words: Int32Array;
  readonly #base: number;

  private constructor(arena: Arena, extent: Extent) {
    this.arena = arena;
    this.extent = extent;
    this.#words = arena.words;
    this.#base = extent.at >> 2;
  }

  /** Bytes a block takes in the arena. */
  static readonly bytes = (pairsAt + memberSlots * memberSlots * pairStride) * 4;

  /** Make the block of a new cluster; it is given back with all that was taken under its tag when the cluster closed. */
  static create(arena: Arena): ClusterBlock {
    const tag = arena.nextGeneration();
    const extent = arena.take(ClusterBlock.bytes, tag);
    const block = new ClusterBlock(arena, extent);
    // Pages and cells need no clearing: what an earlier cluster left there carries another tag.
    block.#words.fill(0, block.#base, block.#base + pairsAt);
    block.#words[block.#base + versionWord] = layoutVersion;
    block.#words[block.#base + epochWord] = 1;
    block.#words[block.#base + tagWord] = tag;
    Atomics.store(block.#words, block.#base + magicWord, magic);
    return block;
  }

  /** The block another thread made. */
  static open(arena: Arena, extent: Extent): ClusterBlock {
    const block = new ClusterBlock(arena, extent);
    if (Atomics.load(block.#words, block.#base + magicWord) !== magic) {
      throw new ArenaFormatError(`no cluster block at ${extent.at}`);
    }
    if (block.#words[block.#base + versionWord] !== layoutVersion) throw new ArenaFormatError('another block layout');
    return block;
  }

  /** The epoch of the current view. Only the supervisor raises it. */
  get epoch(): number {
    return Atomics.load(this.#words, this.#base + epochWord) >>> 0;
  }

  /** Raise the view epoch by one; the new epoch. */
  raiseEpoch(): number {
    return (Atomics.add(this.#words, this.#base + epochWord, 1) + 1) >>> 0;
  }

  /** How often the heart of a member beats that has nothing to do, in milliseconds; 0 while nobody has said. */
  get idleBeatMs(): number {
    return Atomics.load(this.#words, this.#base + idleBeatWord);
  }

  /** Only the supervisor says it. */
  setIdleBeatMs(periodMs: number): void {
    Atomics.store(this.#words, this.#base + idleBeatWord, periodMs);
  }

  /** Turns of `member`'s loop so far; stands still while the loop is blocked. Wraps at 2^32. */
  heartbeat(member: MemberSlot): number {
    return Atomics.load(this.#words, this.#member(member) + heartbeatAt) >>> 0;
  }

  beat(self: MemberSlot): void {
    Atomics.add(this.#words, this.#member(self) + heartbeatAt, 1);
  }

  /**
   * Set by `cluster.pause`: the member's exchange neither sends nor drains until it is cleared. Looked at for every batch
   * and ordered with nothing, hence no atomic read, which would cost ten times as much; the same goes for `isCut`.
   */
  paused(member: MemberSlot): boolean {
    return this.#words[this.#member(member) + pausedAt] !== 0;
  }

  setPaused(member: MemberSlot, paused: boolean): void {
    Atomics.store(this.#words, this.#member(member) + pausedAt, paused ? 1 : 0);
  }

  /** Whether traffic from `from` to `to` is cut. Links neither send nor drain across a cut. */
  isCut(from: MemberSlot, to: MemberSlot): boolean {
    return ((this.#words[this.#cutWord(from, to)] as number) & (1 << (to & 31))) !== 0;
  }

  setCut(from: MemberSlot, to: MemberSlot, cut: boolean): void {
    const bit = 1 << (to & 31);
    if (cut) Atomics.or(this.#words, this.#cutWord(from, to), bit);
    else Atomics.and(this.#words, this.#cutWord(from, to), ~bit);
  }

  /** Index in `arena.words` of the word a member arms before it sleeps. */
  armedWord(member: MemberSlot): number {
    return this.#member(member) + armedAt;
  }

  /**
   * Index in `arena.words` of two sets of {@link memberSetWords} words: who has sent to `member` since it last looked, on
   * the pair's first link, and in any other way.
   */
  signalWords(member: MemberSlot): number {
    return this.#member(member) + signalsAt;
  }

  /**
   * What marks the groups of this block, so that leftovers of an earlier one are not believed, and what the cluster takes
   * of the arena.
   */
  get tag(): number {
    return this.#words[this.#base + tagWord] as number;
  }

  /** Index in `arena.words` of the group (`seqlock.ts`) in which `of` publishes its status page for `peer`. */
  statusPage(of: MemberSlot, peer: MemberSlot): number {
    return this.#pair(of, peer) + statusAt;
  }

  /** Index in `arena.words` of the cell in `to`'s inbox that only `from` writes. */
  inboxCell(from: MemberSlot, to: MemberSlot): number {
    return this.#pair(from, to) + inboxAt;
  }

  #member(slot: MemberSlot): number {
    if (!(slot >= 0 && slot < memberSlots)) throw new RangeError(`no member has slot ${slot}`);
    return this.#base + membersAt + slot * memberStride;
  }

  #cutWord(from: MemberSlot, to: MemberSlot): number {
    return this.#base + cutsAt + from * cutsStride + (to >> 5);
  }

  #pair(from: MemberSlot, to: MemberSlot): number {
    return this.#base + pairsAt + (from * memberSlots + to) * pairStride;
  }
}
