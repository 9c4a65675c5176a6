import type { Decoder, Encoder } from '@holdfast/kernel';
import { badBlock, type DiskOutcome, type DiskResult, emptyBlock } from './spec.ts';

/** A disk operation as a kernel asked for it. */
export interface DiskRequest {
  readonly kind: 'read' | 'write' | 'flush';
  readonly part: number;
  readonly op: number;
  readonly address: number;
  /** Blocks of a read, payload of a write. */
  readonly value: number;
}

/** An operation under way. */
export interface PendingRequest extends DiskRequest {
  /** Of a flush: how many entries of the cache it makes durable. */
  covers: number;
}

interface CachedWrite {
  readonly address: number;
  readonly payload: number;
  /** A flush that should have kept it failed: the cache still shows it, no later flush will write it. */
  doomed: boolean;
}

/** How a pending operation ends. `lost` and `misdirected` writes are reported done. */
export type DiskEnding = 'ok' | 'io-error' | 'no-space' | 'lost' | 'misdirected';

const kinds = ['read', 'write', 'flush'] as const;

/**
 * The disk of one node: blocks that survive a crash, a volatile cache of completed writes, and operations under way.
 *
 * A flush makes durable what had completed when it was submitted. A failed flush dooms those writes: later flushes
 * succeed without them, as operating systems do. At a crash each write not flushed survives or not, on its own.
 */
export class DiskImage {
  readonly blocks: Map<number, number>;
  readonly cache: CachedWrite[];
  readonly pending: PendingRequest[];

  constructor(blocks = new Map<number, number>(), cache: CachedWrite[] = [], pending: PendingRequest[] = []) {
    this.blocks = blocks;
    this.cache = cache;
    this.pending = pending;
  }

  /** Begin an operation; the answer is its entry in {@link pending}. */
  submit(request: DiskRequest): PendingRequest {
    const entry = { ...request, covers: request.kind === 'flush' ? this.cache.length : 0 };
    this.pending.push(entry);
    return entry;
  }

  /**
   * End the operation at `index` of {@link pending}. A misdirected write lands at `strayAddress`, where checksums that
   * include the address show it as bad. With `writeThrough` a write that completes is durable.
   */
  complete(
    index: number,
    ending: DiskEnding,
    {
      strayAddress,
      writeThrough,
    }: { readonly strayAddress?: number | undefined; readonly writeThrough?: boolean } = {},
  ): { request: DiskRequest; result: DiskResult } {
    const [request] = this.pending.splice(index, 1);
    if (request === undefined) throw new RangeError(`no disk operation ${index} is under way`);
    const outcome: DiskOutcome = ending === 'lost' || ending === 'misdirected' ? 'ok' : ending;
    if (request.kind === 'write' && ending === 'ok') {
      this.cache.push({ address: request.address, payload: request.value, doomed: false });
    } else if (ending === 'misdirected' && strayAddress !== undefined) {
      this.cache.push({ address: strayAddress, payload: badBlock, doomed: false });
    } else if (request.kind === 'flush') {
      this.#flush(request.covers, ending === 'ok');
    }
    if (writeThrough === true) this.#flush(this.cache.length, true);
    const blocks = request.kind === 'read' && ending === 'ok' ? this.#read(request.address, request.value) : [];
    return { request, result: { kind: request.kind, outcome, blocks } };
  }

  /** What is durable at an address. */
  durable(address: number): number {
    return this.blocks.get(address) ?? emptyBlock;
  }

  /** Writes that a crash may lose, oldest first: those in the cache, then those under way. */
  get unflushed(): number {
    return this.#atRisk().length;
  }

  /** Lose power: the ith write at risk survives where `survives(i)`, leaves a bad block where `tears(i)`. */
  crash(survives: (write: number) => boolean, tears: (write: number) => boolean): void {
    for (const [index, write] of this.#atRisk().entries()) {
      if (survives(index)) this.blocks.set(write.address, write.payload);
      else if (tears(index)) this.blocks.set(write.address, badBlock);
    }
    this.cache.length = 0;
    this.pending.length = 0;
  }

  /** The durable blocks other than `address`, ascending: where a misdirected write may land. */
  strays(address: number): number[] {
    return [...this.blocks.keys()].filter((other) => other !== address).sort((a, b) => a - b);
  }

  /** Turn a durable block bad. */
  rot(address: number): void {
    this.blocks.set(address, badBlock);
  }

  encode(into: Encoder): void {
    const blocks = [...this.blocks].sort(([a], [b]) => a - b);
    into.list(blocks, ([address, payload]) => {
      into.uint(address);
      into.int(payload);
    });
    into.list(this.cache, (write) => {
      into.uint(write.address);
      into.int(write.payload);
      into.flag(write.doomed);
    });
    into.list(this.pending, (request) => {
      into.uint(kinds.indexOf(request.kind));
      into.uint(request.part);
      into.uint(request.op);
      into.uint(request.address);
      into.int(request.value);
      into.uint(request.covers);
    });
  }

  static decode(from: Decoder): DiskImage {
    const blocks = new Map(from.list(() => [from.uint(), from.int()] as const));
    const cache = from.list(() => ({ address: from.uint(), payload: from.int(), doomed: from.flag() }));
    const pending = from.list(() => ({
      kind: kinds[from.uint()] as DiskRequest['kind'],
      part: from.uint(),
      op: from.uint(),
      address: from.uint(),
      value: from.int(),
      covers: from.uint(),
    }));
    return new DiskImage(blocks, cache, pending);
  }

  #atRisk(): { address: number; payload: number }[] {
    const cached = this.cache.filter((write) => !write.doomed);
    const underWay = this.pending.filter((request) => request.kind === 'write');
    return [...cached, ...underWay.map(({ address, value }) => ({ address, payload: value }))];
  }

  #flush(covers: number, succeeded: boolean): void {
    const covered = this.cache.splice(0, covers);
    if (succeeded) for (const write of covered) if (!write.doomed) this.blocks.set(write.address, write.payload);
    const doomed = succeeded ? covered.filter((write, at) => write.doomed && !isReplaced(write, covered, at)) : covered;
    for (const write of doomed) write.doomed = true;
    this.cache.unshift(...doomed);
    const removed = covers - doomed.length;
    for (const request of this.pending) request.covers = Math.max(0, request.covers - removed);
  }

  #read(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.#readBlock(address + index));
  }

  #readBlock(address: number): number {
    for (let at = this.cache.length - 1; at >= 0; at--) {
      const write = this.cache[at] as CachedWrite;
      if (write.address === address) return write.payload;
    }
    return this.blocks.get(address) ?? emptyBlock;
  }
}

/** Whether a later write made durable hides this one. */
function isReplaced({ address }: CachedWrite, writes: readonly CachedWrite[], at: number): boolean {
  return writes.some((later, index) => index > at && later.address === address && !later.doomed);
}
