import { randomInt } from 'node:crypto';
import { ClaimedError, MemberLostError, ObjectOptionError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import { blockBytes, blocksPerWindow, claimAttemptsMax, claimStepMax, objectBytesMax, reroutesMax } from '../limits.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { BlockLanes } from './block-lanes.ts';
import { type BlockObjectStat, objectStat } from './block-object-stat.ts';
import { type BlockPiece, blockPieces, checkRange } from './block-pieces.ts';
import { BlockReads } from './block-reads.ts';
import { BlockWrites } from './block-writes.ts';
import type { ObjectHost } from './object-host.ts';
import { printGfid } from './object-record.ts';
import { releaseRange, reservedRange, reserveRange } from './reserve-range.ts';
import { blockPlace } from './stripe.ts';
import { trimRange } from './trim-range.ts';
import { traceWrite } from './write-trace.ts';

export interface ReadRangeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Wait until what is read is at least that tough: 2 is on all disks. Default 0: what other clients write is seen from 1 on. */
  readonly atLeast?: Toughness | undefined;
}

export interface WriteRangeOptions {
  readonly signal?: AbortSignal | undefined;
  /** When the write is answered: 0 begun, 1 also held by the parity's node, 2 on the disks of both. Default 2. */
  readonly toughness?: Toughness | undefined;
}

export interface TrimOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a write did. */
export interface RangeWritten {
  /** Changes whenever an earlier write that was below toughness 2 may have been lost: write again what was not synced. */
  readonly verifier: string;
  /** A copy of something written is missing, since a member is down. */
  readonly degraded: boolean;
}

/** A part of a range that one member holds. */
export interface RangePiece {
  readonly offset: number;
  readonly length: number;
  readonly node: string;
}

/** Bytes of one range, or of a part of several. */
export interface RangeBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * An object that is written in ranges. Blocks of 4096 bytes are atomic: after any failure each is old or new as a whole,
 * and no other one changed. A call that spans several is not atomic as a whole. What was never written reads as zeros.
 */
export class BlockObject {
  readonly #host: ObjectHost;
  readonly #record: ObjectRecord;
  readonly #lanes: BlockLanes;
  readonly #writes: BlockWrites;
  readonly #reads: BlockReads;
  #claim = 0;

  /** @internal */
  constructor(host: ObjectHost, record: ObjectRecord, lanes: BlockLanes) {
    this.#host = host;
    this.#record = record;
    this.#lanes = lanes;
    this.#reads = new BlockReads(host);
    this.#writes = new BlockWrites(host, this.#reads);
  }

  /** 16 hexadecimal digits. */
  get gfid(): string {
    return printGfid(this.#record.gfid);
  }

  /**
   * @param offset bytes
   * @param length bytes
   * @throws ObjectRangeError, BlockUnavailableError, ObjectLostError, ArrayClosedError, the signal's reason
   */
  async read(offset: number, length: number, options: ReadRangeOptions = {}): Promise<Uint8Array> {
    const atLeast = checkToughness(options.atLeast ?? 0);
    checkRange(offset, length);
    const into = new Uint8Array(length);
    for (const window of windows(blockPieces(offset, length))) {
      await this.#reads.read(this.#record, into, window, atLeast, options.signal);
    }
    return into;
  }

  /** Several ranges side by side. */
  readv(ranges: readonly { readonly offset: number; readonly length: number }[], options: ReadRangeOptions = {}) {
    return Promise.all(ranges.map(({ offset, length }) => this.read(offset, length, options)));
  }

  /**
   * Write a range. The bytes may change as soon as the call returned its promise.
   *
   * @throws ObjectRangeError, BlockUnavailableError, NoSpaceError, TooManyDownError, ObjectBusyError, ArrayClosedError:
   *   nothing was written; WriteUnknownError: each block is old or new
   */
  async write(offset: number, bytes: Uint8Array, options: WriteRangeOptions = {}): Promise<RangeWritten> {
    const toughness = checkToughness(options.toughness ?? 2);
    const pieces = blockPieces(offset, bytes.byteLength);
    const terms = { toughness, claim: this.#claim, signal: options.signal };
    // A copy of its own: writes of other blocks may have to end first.
    const own = bytes.slice();
    // As it was before: what a member that is lost meanwhile had taken of it may be gone.
    const verifier = this.#verifier();
    let degraded = false;
    for (const window of windows(pieces)) {
      const blocks = window.map(({ lblk }) => lblk);
      const missing = await this.#lanes.run(blocks, () => this.#writes.write(this.#record, own, window, terms));
      degraded ||= missing;
    }
    return { verifier, degraded };
  }

  /** {@link write}, and every step of it at the nodes that take part: see {@link WriteStep}. */
  trace(offset: number, bytes: Uint8Array, options: WriteRangeOptions = {}) {
    return traceWrite(this.#host, this.#record, () => this.write(offset, bytes, options));
  }

  /**
   * Make a range zeros, on all disks when this resolves, and give back the places of its whole blocks. A few blocks at a
   * time: after a failure each is as it was, or zeros.
   */
  async trim(range: { readonly offset: number; readonly length: number }, options: TrimOptions = {}): Promise<void> {
    checkRange(range.offset, range.length);
    // Blocks at the edges that are not trimmed as a whole stay reserved.
    const from = Math.ceil(range.offset / blockBytes);
    const to = Math.floor((range.offset + range.length) / blockBytes);
    if (from < to) await releaseRange(this.#host, this.#record, { from, to });
    const write = (offset: number, bytes: Uint8Array) => this.write(offset, bytes, options);
    await trimRange({ host: this.#host, record: this.#record, write }, range, options.signal);
  }

  /** Cut the object off: what lies behind reads as zeros, also when something is written behind it later. */
  async truncate(bytes: number, options: TrimOptions = {}): Promise<void> {
    checkRange(bytes, 0);
    await this.trim({ offset: bytes, length: objectBytesMax - bytes }, options);
  }

  /** Several ranges side by side; ranges that share a block are written in the order they are given. */
  async writev(ranges: readonly RangeBytes[], options: WriteRangeOptions = {}): Promise<RangeWritten> {
    const verifier = this.#verifier();
    const written = await Promise.all(ranges.map(({ offset, bytes }) => this.write(offset, bytes, options)));
    return { verifier, degraded: written.some(({ degraded }) => degraded) };
  }

  /** A barrier: resolves when every write of the range, or of the object, that was answered before is at toughness 2. */
  async sync(range?: { readonly offset: number; readonly length: number }): Promise<{ readonly verifier: string }> {
    const { gfid, span } = this.#record;
    const { members } = this.#host;
    const blocks = { gfid, ...blocksOf(range) };
    for (let losses = 0; ; losses++) {
      // What a member that is gone had begun the others still have to end.
      const isWhole = losses === 0 && span.every((member) => members.live.has(member));
      const ask = async (iom: IomPort, epoch: number) => {
        await iom.syncBlocks({ epoch, ...blocks });
        if (!isWhole) await iom.decided({ epoch });
      };
      try {
        await this.#everywhere(span, (member) => members.ask(member, ask));
        break;
      } catch (error) {
        if (!(error instanceof MemberLostError) || losses === reroutesMax) throw error;
        await members.steady();
      }
    }
    // As it is afterwards: a member that was lost before, and of which this caller hears only now, counts.
    return { verifier: this.#verifier() };
  }

  /**
   * Who holds which part of a range, in the order of offsets. It says nothing of what was written there, or of who is up.
   * @throws ObjectRangeError
   */
  locate(offset: number, length: number): RangePiece[] {
    checkRange(offset, length);
    const { geometry, span } = this.#record;
    const pieces: RangePiece[] = [];
    const unitBytes = geometry.unitBlocks * blockBytes;
    for (let at = offset; at < offset + length; ) {
      const end = Math.min((Math.floor(at / unitBytes) + 1) * unitBytes, offset + length);
      const { data } = blockPlace(geometry, span, Math.floor(at / blockBytes));
      pieces.push({ offset: at, length: end - at, node: this.#host.name(data) });
      at = end;
    }
    return pieces;
  }

  /**
   * Claim the object for this handle: resolves when every member refuses writes of all others, and those that were under
   * way have ended. Handles that claimed it before, and those that never did, are refused with HF_CLAIMED from then on.
   *
   * @returns the token: higher than that of every claim before
   */
  async claim(): Promise<number> {
    const { span } = this.#record;
    for (let attempt = 0; attempt < claimAttemptsMax; attempt++) {
      const known = await this.#claimAt(span, 0);
      const token = Math.max(...known, this.#claim) + randomInt(1, claimStepMax);
      const reached = await this.#claimAt(span, token);
      if (reached.some((claim) => claim > token)) continue;
      this.#claim = token;
      return token;
    }
    throw new ClaimedError(this.gfid);
  }

  #claimAt(span: readonly number[], token: number): Promise<number[]> {
    const { gfid } = this.#record;
    return this.#everywhere(span, (member) =>
      this.#host.members.ask(member, (iom, epoch) => iom.claim({ epoch, gfid, token })),
    );
  }

  /**
   * Have `blocks` blocks from `offset` on reserved: resolves when every member has room for what of them is not written yet,
   * durably. Writes of them cannot fail for space from then on; trim, truncate, {@link release} and the removal of the object
   * give it back. While a member is down what it would hold is not reserved.
   *
   * @param offset bytes, a multiple of 4096
   * @throws NoSpaceError: nothing has changed; ObjectOptionError, ObjectRangeError, TooManyDownError, ArrayClosedError
   */
  async reserve(blocks: number, { offset = 0 }: { readonly offset?: number | undefined } = {}): Promise<void> {
    const range = reservedRange(blocks, offset);
    this.#host.members.assertWritable();
    await reserveRange(this.#host, this.#record, range);
  }

  /** Give back what is reserved of a range, or of all of the object, and not written: blocks that are written stay. */
  async release(range?: { readonly offset: number; readonly length: number }): Promise<void> {
    const { fromBlock, toBlock } = blocksOf(range);
    await releaseRange(this.#host, this.#record, { from: fromBlock, to: toBlock });
  }

  stat(): Promise<BlockObjectStat> {
    return objectStat(this.#host, this.#record);
  }

  /** Ask every member of the span that counts. */
  #everywhere<T>(span: readonly number[], ask: (member: number) => Promise<T>): Promise<T[]> {
    const { live } = this.#host.members;
    return Promise.all(span.filter((member) => live.has(member)).map(ask));
  }

  #verifier(): string {
    const { arrayId, members } = this.#host;
    return `${arrayId.slice(0, 8)}${members.epoch.toString(16).padStart(8, '0')}`;
  }
}

/** @throws ObjectOptionError */
function checkToughness(toughness: Toughness): Toughness {
  if (toughness === 0 || toughness === 1 || toughness === 2) return toughness;
  throw new ObjectOptionError(`There is no toughness ${toughness}.`, 'Use 0, 1 or 2.');
}

function blocksOf(range: { readonly offset: number; readonly length: number } | undefined) {
  if (range === undefined) return { fromBlock: 0, toBlock: Number.MAX_SAFE_INTEGER };
  checkRange(range.offset, range.length);
  return {
    fromBlock: Math.floor(range.offset / blockBytes),
    toBlock: Math.ceil((range.offset + range.length) / blockBytes),
  };
}

function* windows(pieces: readonly BlockPiece[]): Generator<BlockPiece[]> {
  for (let at = 0; at < pieces.length; at += blocksPerWindow) yield pieces.slice(at, at + blocksPerWindow);
}
