import type { Handle } from '@holdfast/kernel';
import type { PageIndex, PagePool } from '@holdfast/runtime';
import { DriveDamagedError } from '../errors.ts';
import type { StorageRequest } from '../kernel/iom-messages.ts';
import { type Address, type JournalEntry, noAddress, noHandle } from '../kernel/journal.ts';
import type { ProxyAnswer, ProxyEntry, ProxyRequest } from '../kernel/proxy-messages.ts';
import { blockBytes, cachedBlocksMax, journalSpareBytes } from '../limits.ts';
import { addScaled } from '../parity/block-sums.ts';
import { inverse, multiply, power } from '../parity/galois-field.ts';
import { hashScalar } from '../parity/hash-scalar.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import type { BlockStore } from '../store/block-store.ts';
import { Checksums } from '../store/checksums.ts';
import type { Urgency } from '../store/group-commit.ts';
import type { DataBlockRecord, ParityBlockRecord } from '../store/journal-record.ts';
import { checksumNumber, driveBlockOf } from '../store/journaled-address.ts';
import { BlockCache, type CachedBlock } from './block-cache.ts';
import { handleOfPage, pageOfHandle } from './page-handles.ts';
import { PendingFlushes } from './pending-flushes.ts';

/** How what a request asks for is hardened. */
export interface Hardening {
  /** Stands before the flush of a block, so that an I/O manager can be stopped exactly there. */
  readonly beforeFlush?: (id: number) => Promise<void> | undefined;
  /** `soon`: its caller has been answered. */
  readonly urgency?: Urgency;
}

/**
 * What the two kernels of an I/O manager ask of their drive, done: blocks are merged in pages of the own pool, written,
 * and made durable by the group commit, entries appended to the log in the order they come.
 *
 * A kernel has no answer for a drive that fails: whatever goes wrong here stops the drive, and the others go on without.
 */
export class JournalStorage {
  readonly #store: BlockStore;
  readonly #pages: PagePool;
  readonly #kernel: ParityKernel;
  readonly #sums: Checksums;
  readonly #cache: BlockCache;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #flushes = new PendingFlushes((error) => this.#store.stop(error));

  constructor(parts: { readonly store: BlockStore; readonly pages: PagePool; readonly kernel: ParityKernel }) {
    this.#store = parts.store;
    this.#pages = parts.pages;
    this.#kernel = parts.kernel;
    this.#sums = new Checksums(parts.pages, parts.kernel);
    this.#cache = new BlockCache(parts.pages, Math.min(cachedBlocksMax, Math.floor(parts.pages.pages / 8)));
  }

  /**
   * Carry a request out, and hand the answer to `answer`, which may be at once. Requests may end in any order, but each
   * sees what those before it combined.
   */
  serve(request: ProxyRequest, answer: Answer, hardening: Hardening = {}): void {
    try {
      const serving = this.#serve(request, answer, hardening);
      if (serving !== undefined) this.#watch(serving);
    } catch (error) {
      this.#store.stop(error);
    }
  }

  /** Whether the block at an address is in memory, whole. */
  isLoaded(address: Address): boolean {
    return address === noAddress || this.#cache.has(address);
  }

  /**
   * Bring the block at an address into memory and hold it against its checksum; false when the drive cannot give it.
   */
  async load(address: Address): Promise<boolean> {
    if (address === noAddress) return true;
    const block = this.#block(address);
    try {
      await block.ready;
      return true;
    } catch {
      this.#cache.drop(address);
      return false;
    } finally {
      this.#cache.unpin(block);
    }
  }

  /** Copy the block at an address to `into`; false when the drive cannot give it. */
  async copy(address: Address, into: Uint8Array): Promise<boolean> {
    const block = this.#block(address);
    try {
      await block.ready;
      into.set(this.#pages.bytes(block.page));
      return true;
    } catch {
      this.#cache.drop(address);
      return false;
    } finally {
      this.#cache.unpin(block);
    }
  }

  /** Write a block anew where it lies and cannot be read; false when it should hold other bytes. */
  async mend(address: Address, bytes: Uint8Array): Promise<boolean> {
    if (await this.load(address)) return true;
    const block = this.#cache.open(address, async (page) => this.#pages.bytes(page).set(bytes));
    try {
      await block.ready;
      const isRight = this.#checksum(block.page) === this.#store.checksums.number(address);
      if (!isRight) this.#cache.drop(address);
      else {
        await this.#store.hardenBlock(driveBlockOf(address), block.page);
      }
      return isRight;
    } finally {
      this.#cache.unpin(block);
    }
  }

  /** Whether the block at an address is there and is all zeros. */
  async isZeros(address: Address): Promise<boolean> {
    if (this.#store.checksums.number(address) !== checksumOfZeros) return false;
    const bytes = new Uint8Array(blockBytes);
    // Who can choose the bytes can choose others with this checksum.
    return (await this.copy(address, bytes)) && bytes.every((byte) => byte === 0);
  }

  /** Record that a block lies nowhere any more; its place is used again when that is durable (law L7). */
  async giveBack(record: DataBlockRecord | ParityBlockRecord, address: Address): Promise<void> {
    await this.#store.journal(record, 0);
    this.forget(address);
    this.#store.giveBlock(driveBlockOf(address));
  }

  /** An address is not this object's any more. */
  forget(address: Address): void {
    this.#cache.drop(address);
  }

  /** Resolves when all that was asked for before is done. @throws DriveStoppedError */
  async idle(): Promise<void> {
    await this.#end();
    if (this.#store.failure !== undefined) throw this.#store.failure;
  }

  async close(): Promise<void> {
    // What was in no hurry would wait for ever now.
    await this.#end();
    this.#cache.close();
    this.#sums.close();
  }

  async #end(): Promise<void> {
    await Promise.allSettled([this.#store.hardenRest(), ...this.#underWay]);
    await this.#flushes.over();
  }

  /** Until it is over the storage is not closed. */
  #watch(serving: Promise<void>): void {
    this.#underWay.add(serving);
    const over = () => this.#underWay.delete(serving);
    serving.then(over, (error: unknown) => {
      over();
      this.#store.stop(error);
    });
  }

  /** Undefined when the request was carried out at once. */
  #serve(request: ProxyRequest, answer: Answer, hardening: Hardening): Promise<void> | undefined {
    switch (request.type) {
      case 'prepare':
        return this.#prepare(request, answer);
      case 'merge':
        return this.#merge(request, answer);
      case 'difference':
        return this.#difference(request, answer);
      case 'scale':
        return this.#scale(request, answer);
      case 'write_for':
        // That is for the data IOM beside.
        return undefined;
      case 'sum':
        return this.#sum(request, answer);
      case 'encode':
        return this.#encode(request, answer);
      case 'solve':
        return this.#solve(request, answer);
      case 'fold':
        return this.#fold(request, answer);
      case 'verify':
        return this.#verify(request, answer);
      case 'harden':
        return this.#harden(request, answer, hardening);
      case 'journal':
        return this.#journal(request.entry, answer, hardening.urgency);
      case 'mark':
        // The map on disk is the log: there is no buffer of its own that could reach the disk before it (law L3).
        return undefined;
    }
  }

  #prepare(request: Extract<StorageRequest, { type: 'prepare' }>, answer: Answer): Promise<void> | undefined {
    const { id, oldAddress, newAddress, payload, writeStart, writeBytes } = request;
    const delta = this.#pages.take();
    if (request.old !== undefined) {
      answer({ type: 'combined', id, checksum: this.#change(request, request.old, delta), delta: handleOfPage(delta) });
      return undefined;
    }
    const fresh = this.#combine(newAddress, oldAddress, (page, old) => {
      const bytes = this.#pages.bytes(page);
      if (writeBytes < blockBytes) {
        if (old === undefined) bytes.fill(0);
        else bytes.set(this.#pages.bytes(old));
      }
      const written = this.#pages.bytes(pageOfHandle(payload)).subarray(writeStart, writeStart + writeBytes);
      bytes.set(written, writeStart);
      this.#xor(delta, page, old);
    });
    return this.#combined(fresh, (checksum) => answer({ type: 'combined', id, checksum, delta: handleOfPage(delta) }));
  }

  /** `delta` := what the caller's bytes change of a block that lies elsewhere; the checksum of that block then. */
  #change(
    { payload, writeStart, writeBytes }: Extract<StorageRequest, { type: 'prepare' }>,
    old: Handle,
    delta: PageIndex,
  ): number {
    const bytes = this.#pages.bytes(delta);
    bytes.set(this.#pages.bytes(pageOfHandle(old)));
    bytes.set(this.#pages.bytes(pageOfHandle(payload)).subarray(writeStart, writeStart + writeBytes), writeStart);
    const checksum = this.#checksum(delta);
    this.#xor(delta, delta, pageOfHandle(old));
    return checksum;
  }

  #scale({ id, delta, power: exponent }: Extract<StorageRequest, { type: 'scale' }>, answer: Answer): undefined {
    const scaled = this.#pages.take();
    this.#addScaled(scaled, undefined, pageOfHandle(delta), exponent);
    answer({ type: 'difference', id, delta: handleOfPage(scaled) });
  }

  #merge(request: Extract<StorageRequest, { type: 'merge' }>, answer: Answer): Promise<void> | undefined {
    const { id, oldAddress, newAddress, delta, power: exponent } = request;
    const fresh = this.#combine(newAddress, oldAddress, (page, old) => {
      if (exponent === undefined) this.#xor(page, pageOfHandle(delta), old);
      else this.#addScaled(page, old, pageOfHandle(delta), exponent);
    });
    return this.#combined(fresh, (checksum) => answer({ type: 'combined', id, checksum, delta }));
  }

  async #difference(request: Extract<StorageRequest, { type: 'difference' }>, answer: Answer): Promise<void> {
    const blocks = [request.oldAddress, request.newAddress].flatMap((at) =>
      at === noAddress ? [] : [this.#block(at)],
    );
    const delta = this.#pages.take();
    try {
      await Promise.all(blocks.map(({ ready }) => ready));
      this.#sumOf(
        delta,
        blocks.map(({ page }) => page),
      );
      answer({ type: 'difference', id: request.id, delta: handleOfPage(delta) });
    } finally {
      for (const block of blocks) this.#cache.unpin(block);
    }
  }

  async #sum(
    { id, address, parts, slot, code }: Extract<ProxyRequest, { type: 'sum' }>,
    answer: Answer,
  ): Promise<void> {
    const block = address === noAddress ? undefined : this.#block(address);
    const value = this.#pages.take();
    try {
      await block?.ready;
      this.#parityOf(value, parts, code);
      if (block !== undefined) this.#xor(value, value, block.page);
      if (code === 'q' && slot > 0) {
        const sum = this.#pages.bytes(value).slice();
        this.#pages.bytes(value).fill(0);
        addScaled(this.#pages.bytes(value), power(-slot), sum);
      }
      answer({ type: 'summed', id, value: handleOfPage(value) });
    } finally {
      if (block !== undefined) this.#cache.unpin(block);
    }
  }

  #encode(
    { id, newAddress, parts, code }: Extract<ProxyRequest, { type: 'encode' }>,
    answer: Answer,
  ): Promise<void> | undefined {
    const fresh = this.#combine(newAddress, noAddress, (page) => this.#parityOf(page, parts, code));
    return this.#combined(fresh, (checksum) => answer({ type: 'combined', id, checksum, delta: noHandle }));
  }

  /** `into` := the first parity of the blocks, by slot, or the second; of a slot without a handle there is none. */
  #parityOf(into: PageIndex, parts: readonly Handle[], code: 'q' | undefined): void {
    const there = [...parts.entries()].filter(([, part]) => part !== noHandle);
    if (code === undefined) {
      this.#sumOf(
        into,
        there.map(([, part]) => pageOfHandle(part)),
      );
      return;
    }
    this.#pages.bytes(into).fill(0);
    for (const [slot, part] of there) this.#addScaled(into, into, pageOfHandle(part), slot);
  }

  #solve(
    { id, newAddress, p, q, slot, other }: Extract<ProxyRequest, { type: 'solve' }>,
    answer: Answer,
  ): Promise<void> | undefined {
    // P is D + E, Q is g^d D + g^e E.
    const ofQ = inverse(power(slot) ^ power(other));
    const fresh = this.#combine(newAddress, noAddress, (page) => {
      const bytes = this.#pages.bytes(page);
      bytes.fill(0);
      addScaled(bytes, ofQ, this.#pages.bytes(pageOfHandle(q)));
      addScaled(bytes, multiply(ofQ, power(other)), this.#pages.bytes(pageOfHandle(p)));
    });
    return this.#combined(fresh, (checksum) => answer({ type: 'combined', id, checksum, delta: noHandle }));
  }

  #fold(request: Extract<ProxyRequest, { type: 'fold' }>, answer: Answer): Promise<void> | undefined {
    const { id, oldAddress, newAddress, old, payload, writeStart, writeBytes } = request;
    const fresh = this.#combine(newAddress, oldAddress, (page, parity) => {
      const bytes = this.#pages.bytes(page);
      const before = this.#pages.bytes(pageOfHandle(old));
      // What the block becomes, then what that changes, then the parity with it.
      bytes.set(before);
      bytes.set(this.#pages.bytes(pageOfHandle(payload)).subarray(writeStart, writeStart + writeBytes), writeStart);
      this.#xor(page, page, pageOfHandle(old));
      if (parity !== undefined) this.#xor(page, page, parity);
    });
    return this.#combined(fresh, (checksum) => answer({ type: 'combined', id, checksum, delta: noHandle }));
  }

  async #verify({ id, address, checksum }: Extract<StorageRequest, { type: 'verify' }>, answer: Answer): Promise<void> {
    this.#cache.drop(address);
    const block = this.#cache.open(address, async (page) => {
      if (!(await this.#store.readBlock(driveBlockOf(address), page))) throw new Error('not readable');
    });
    let good = false;
    try {
      await block.ready;
      good = this.#checksum(block.page) === checksum;
    } catch {
      good = false;
    } finally {
      if (!good) this.#cache.drop(address);
      this.#cache.unpin(block);
    }
    answer({ type: 'verified', id, good });
  }

  #harden(
    { id, address }: Extract<StorageRequest, { type: 'harden' }>,
    answer: Answer,
    hardening: Hardening,
  ): Promise<void> | undefined {
    const block = this.#block(address);
    const held = block.ready === undefined ? hardening.beforeFlush?.(id) : undefined;
    if (block.ready === undefined && held === undefined) {
      this.#write(id, block, answer, hardening);
      return undefined;
    }
    return this.#hardenLater(id, block, held, answer, hardening);
  }

  /** When the block is whole, and nothing holds it. */
  async #hardenLater(
    id: number,
    block: CachedBlock,
    heldAlready: Promise<void> | undefined,
    answer: Answer,
    hardening: Hardening,
  ): Promise<void> {
    try {
      if (block.ready !== undefined) await block.ready;
      await (heldAlready ?? hardening.beforeFlush?.(id));
    } catch (error) {
      this.#cache.unpin(block);
      throw error;
    }
    this.#write(id, block, answer, hardening);
  }

  #write(id: number, block: CachedBlock, answer: Answer, { urgency = 'now' }: Hardening): void {
    this.#flushes.ask(
      (waiter) => this.#store.hardenBlockThen(driveBlockOf(block.address), block.page, urgency, waiter),
      () => answer({ type: 'hardened', id }),
      () => this.#cache.unpin(block),
    );
  }

  #journal(entry: JournalEntry | ProxyEntry, answer: Answer, asked: Urgency = 'now'): undefined {
    const gfid = 'gfid' in entry ? entry.gfid : entry.type === 'pj' ? entry.mj.gfid : 0;
    const isEnd = entry.type !== 'mj' && entry.type !== 'pj';
    // Nobody waits for an end, other than whoever wants the address that it gives up.
    const urgency = entry.type === 'mj_complete' || entry.type === 'pj_complete' ? 'lazy' : asked;
    this.#flushes.ask(
      (waiter) =>
        this.#store.journalThen({ type: 'entry', gfid, entry }, isEnd ? 0 : journalSpareBytes, urgency, waiter),
      () => answer({ type: 'journaled', entry }),
    );
  }

  /** A block for `newAddress`, made of the one at `oldAddress`: known by its address from now on. */
  #combine(
    newAddress: Address,
    oldAddress: Address,
    fill: (page: PageIndex, old: PageIndex | undefined) => void,
  ): CachedBlock {
    const old = oldAddress === noAddress ? undefined : this.#block(oldAddress);
    const combine = (page: PageIndex) => {
      fill(page, old?.page);
      if (old !== undefined) this.#cache.unpin(old);
    };
    return this.#cache.open(newAddress, (page) => {
      if (old?.ready !== undefined) {
        old.ready.catch(() => this.#cache.unpin(old));
        return old.ready.then(() => combine(page));
      }
      combine(page);
      return undefined;
    });
  }

  #combined(block: CachedBlock, done: (checksum: number) => void): Promise<void> | undefined {
    const finish = () => {
      const checksum = this.#checksum(block.page);
      this.#store.checksums.setNumber(block.address, checksum);
      done(checksum);
      // Pinned until its writing was asked for, which is in this turn: nobody could read it from the disk before.
      queueMicrotask(() => this.#cache.unpin(block));
    };
    if (block.ready !== undefined) return block.ready.then(finish);
    finish();
    return undefined;
  }

  /** The block at an address, pinned: from memory, or read and held against its checksum. */
  #block(address: Address): CachedBlock {
    return (
      this.#cache.find(address) ??
      this.#cache.open(address, async (page) => {
        const expected = this.#store.checksums.number(address);
        const read = await this.#store.readBlock(driveBlockOf(address), page);
        if (read && this.#checksum(page) === expected) return;
        throw new DriveDamagedError(
          this.#store.path,
          `block ${driveBlockOf(address)} is ${read ? 'rotten' : 'unreadable'}`,
        );
      })
    );
  }

  #checksum(page: PageIndex): number {
    const [low = 0, high = 0] = this.#sums.ofPages(page, 1);
    return checksumNumber(low, high);
  }

  /** `into` := base + g^exponent * change, in the field of Q. */
  #addScaled(into: PageIndex, base: PageIndex | undefined, change: PageIndex, exponent: number): void {
    if (base === undefined) this.#pages.bytes(into).fill(0);
    const from = (base ?? into) * blockBytes;
    this.#kernel.second.addScaled(into * blockBytes, from, change * blockBytes, power(exponent), blockBytes);
  }

  /** `into` := the exclusive or of all; zeros where there is none. */
  #sumOf(into: PageIndex, parts: readonly PageIndex[]): void {
    const [first, second, ...rest] = parts;
    if (first === undefined) this.#pages.bytes(into).fill(0);
    else this.#xor(into, first, second);
    for (const part of rest) this.#xor(into, into, part);
  }

  /** `into` := a ^ b, a where there is no b. */
  #xor(into: PageIndex, a: PageIndex, b: PageIndex | undefined): void {
    if (b === undefined) this.#pages.bytes(into).set(this.#pages.bytes(a));
    else this.#kernel.xor(into * blockBytes, [a * blockBytes, b * blockBytes], blockBytes);
  }
}

const zeros = hashScalar(new Uint8Array(blockBytes));
const checksumOfZeros = checksumNumber(Number(zeros & 0xffffffffn), Number(zeros >> 32n));

type Answer = (answer: ProxyAnswer) => void;
