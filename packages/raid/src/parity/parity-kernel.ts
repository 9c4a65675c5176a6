import { assemble } from './assembler.ts';
import { hashBlocksFunction } from './hash-code.ts';
import { hashScalar } from './hash-scalar.ts';
import { type PqKernel, scalarPq, simdPq } from './pq-kernel.ts';
import { xorFunction, xorStepBytes } from './xor-code.ts';
import { xorScalar } from './xor-scalar.ts';
import { secret } from './xxh3-constants.ts';

/** Sources one call may combine: the members of the widest group. */
export const xorSourcesMax = 9;
/** The shortest block the checksum is defined for here. */
export const hashBytesMin = 256;

/**
 * Parity and checksums over the shared pages, in place. All positions and lengths are bytes within the memory.
 *
 * The checksum is XXH3-64, seed 0 (`xxhsum -H3` prints the same number): 64 bits, no protection against forgery.
 */
export interface ParityKernel {
  /** `simd`: WebAssembly. `scalar`: plain JavaScript, the same results, 10 to 1000 times slower. */
  readonly kind: 'simd' | 'scalar';

  /**
   * `destination` becomes the exclusive or of 2 to 9 sources. `bytes`: a positive multiple of 64. A source may be the
   * destination; otherwise they must not overlap.
   */
  xor(destination: number, sources: readonly number[], bytes: number): void;

  /** The second parity. Its module is made with the first use, which takes milliseconds. */
  readonly second: PqKernel;

  /**
   * Checksums of `blocks` blocks side by side from `source`, written as little-endian 64-bit numbers side by side from
   * `destination`. `blockBytes`: a multiple of 64, at least 256.
   */
  hashBlocks(source: number, blockBytes: number, blocks: number, destination: number): void;
}

type Xor = (destination: number, ...sourcesAndBytes: number[]) => void;
type HashBlocks = (source: number, blockBytes: number, blocks: number, destination: number) => void;

let compiled: WebAssembly.Module | undefined;

/** The bytes of the module: the same on every call. */
function parityModuleBytes(): Uint8Array<ArrayBuffer> {
  const sourceCounts = Array.from({ length: xorSourcesMax - 1 }, (_, index) => index + 2);
  return assemble({ functions: [...sourceCounts.map(xorFunction), hashBlocksFunction], constants: secret });
}

function checkXor(sources: readonly number[], bytes: number): void {
  if (sources.length < 2 || sources.length > xorSourcesMax) {
    throw new RangeError(`An exclusive or takes 2 to ${xorSourcesMax} sources, not ${sources.length}.`);
  }
  if (bytes <= 0 || bytes % xorStepBytes !== 0) {
    throw new RangeError(`An exclusive or covers a positive multiple of ${xorStepBytes} bytes, not ${bytes}.`);
  }
}

function checkHash(blockBytes: number, blocks: number): void {
  if (blockBytes < hashBytesMin || blockBytes % 64 !== 0 || blocks < 1) {
    throw new RangeError(`A checksum covers blocks of a multiple of 64 bytes from ${hashBytesMin}, at least one.`);
  }
}

/** @param memory the machine-wide shared memory, `PagePool.memory`. */
export function simdParity(memory: WebAssembly.Memory): ParityKernel {
  compiled ??= new WebAssembly.Module(parityModuleBytes());
  const instance = new WebAssembly.Instance(compiled, { holdfast: { memory } });
  const bySources = Array.from({ length: xorSourcesMax + 1 }, (_, count) => instance.exports[`xor${count}`] as Xor);
  const hashBlocks = instance.exports.hashBlocks as HashBlocks;
  let second: PqKernel | undefined;
  return {
    kind: 'simd',
    get second() {
      second ??= simdPq(memory);
      return second;
    },
    xor(destination, sources, bytes) {
      checkXor(sources, bytes);
      bySources[sources.length]!(destination, ...sources, bytes);
    },
    hashBlocks(source, blockBytes, blocks, destination) {
      checkHash(blockBytes, blocks);
      hashBlocks(source, blockBytes, blocks, destination);
    },
  };
}

/** The same without WebAssembly. */
export function scalarParity(memory: WebAssembly.Memory): ParityKernel {
  const words = new Int32Array(memory.buffer);
  const view = new DataView(memory.buffer);
  return {
    kind: 'scalar',
    second: scalarPq(memory),
    xor(destination, sources, bytes) {
      checkXor(sources, bytes);
      xorScalar(
        words,
        destination / 4,
        sources.map((source) => source / 4),
        bytes / 4,
      );
    },
    hashBlocks(source, blockBytes, blocks, destination) {
      checkHash(blockBytes, blocks);
      for (let block = 0; block < blocks; block++) {
        const bytes = new Uint8Array(memory.buffer, source + block * blockBytes, blockBytes);
        view.setBigUint64(destination + block * 8, hashScalar(bytes), true);
      }
    },
  };
}

/** The fastest kernel this process can run: SIMD, or plain JavaScript where the engine refuses the module. */
export function openParity(memory: WebAssembly.Memory): ParityKernel {
  return compiled !== undefined || WebAssembly.validate(parityModuleBytes())
    ? simdParity(memory)
    : scalarParity(memory);
}
