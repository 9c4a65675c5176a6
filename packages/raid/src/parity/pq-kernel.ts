import { assemble, vRelaxedSwizzle, vSwizzle } from './assembler.ts';
import { splitTables, tableBytes } from './galois-field.ts';
import { addScaledFunction, combineFunction, pqFunction, stepBytes } from './pq-code.ts';
import { combineScalar, pqScalar } from './pq-scalar.ts';

/** Sources of one call: the data slots of the widest group. */
export const pqSourcesMax = 8;

/**
 * The second parity over the shared pages, in place. Sums and products are those of GF(2^8); all positions and lengths are
 * bytes within the memory, and a length is a positive multiple of 64.
 */
export interface PqKernel {
  /**
   * `p` becomes the exclusive or of 1 to 8 sources, `q` their sum with source i times g^i, as RAID 6 has it. Sources and
   * parities must not overlap.
   */
  pq(p: number, q: number, sources: readonly number[], bytes: number): void;

  /**
   * `destination` becomes `base` plus `coefficient` times `source`: with the power of its slot as coefficient, how Q takes
   * in the change of one data block. The destination may be the base or the source; otherwise they must not overlap.
   */
  addScaled(destination: number, base: number, source: number, coefficient: number, bytes: number): void;

  /**
   * `destination` becomes the sum of 1 to 8 sources, each times its coefficient. A source may be the destination; otherwise
   * they must not overlap.
   */
  combine(destination: number, sources: readonly number[], coefficients: readonly number[], bytes: number): void;
}

type Numbers = (...numbers: number[]) => void;

/** How a table of 16 bytes is looked up: `relaxed` needs fewer instructions, and an engine that has relaxed SIMD. */
export type Swizzle = 'strict' | 'relaxed';

/** The bytes of the module: the same on every call. */
function moduleBytes(swizzle: Swizzle): Uint8Array<ArrayBuffer> {
  const code = swizzle === 'relaxed' ? vRelaxedSwizzle : vSwizzle;
  const counts = Array.from({ length: pqSourcesMax }, (_, index) => index + 1);
  return assemble({
    functions: [
      ...counts.map(pqFunction),
      ...counts.map((sources) => combineFunction(sources, code)),
      addScaledFunction(code),
    ],
    constants: splitTables(),
  });
}

/** The module with that form of table look-up. Throws `WebAssembly.CompileError` where the engine lacks it. */
export const compilePq = (swizzle: Swizzle): WebAssembly.Module => new WebAssembly.Module(moduleBytes(swizzle));

let compiled: WebAssembly.Module | undefined;

/** With relaxed look-up where the engine has it. Writing the module down takes milliseconds, so that it is done once. */
function fastestModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const relaxed = moduleBytes('relaxed');
    compiled = WebAssembly.validate(relaxed) ? new WebAssembly.Module(relaxed) : compilePq('strict');
  }
  return compiled;
}

function check(sources: readonly number[], bytes: number): void {
  if (sources.length < 1 || sources.length > pqSourcesMax) {
    throw new RangeError(`P and Q are of 1 to ${pqSourcesMax} sources, not ${sources.length}.`);
  }
  if (bytes <= 0 || bytes % stepBytes !== 0) {
    throw new RangeError(`P and Q cover a positive multiple of ${stepBytes} bytes, not ${bytes}.`);
  }
}

function checkCoefficients(coefficients: readonly number[], count: number): void {
  if (coefficients.length !== count || !coefficients.every((c) => Number.isInteger(c) && c >= 0 && c <= 255)) {
    throw new RangeError(`Coefficients are ${count} numbers from 0 to 255, not [${coefficients.join(', ')}].`);
  }
}

/** @param memory the machine-wide shared memory, `PagePool.memory`. */
export function simdPq(memory: WebAssembly.Memory, module: WebAssembly.Module = fastestModule()): PqKernel {
  const { exports } = new WebAssembly.Instance(module, { holdfast: { memory } });
  const bySources = (name: string) =>
    Array.from({ length: pqSourcesMax + 1 }, (_, count) => exports[`${name}${count}`] as Numbers);
  const pqs = bySources('pq');
  const combines = bySources('combine');
  const addScaled = exports.addScaled as Numbers;
  return {
    pq(p, q, sources, bytes) {
      check(sources, bytes);
      pqs[sources.length]!(p, q, ...sources, bytes);
    },
    addScaled(destination, base, source, coefficient, bytes) {
      check([source], bytes);
      checkCoefficients([coefficient], 1);
      addScaled(destination, base, source, coefficient * tableBytes, bytes);
    },
    combine(destination, sources, coefficients, bytes) {
      check(sources, bytes);
      checkCoefficients(coefficients, sources.length);
      const tables = coefficients.map((coefficient) => coefficient * tableBytes);
      combines[sources.length]!(destination, ...sources, ...tables, bytes);
    },
  };
}

/** The same without WebAssembly. */
export function scalarPq(memory: WebAssembly.Memory): PqKernel {
  const all = new Uint8Array(memory.buffer);
  return {
    pq(p, q, sources, bytes) {
      check(sources, bytes);
      pqScalar(all, p, q, sources, bytes);
    },
    addScaled(destination, base, source, coefficient, bytes) {
      check([source], bytes);
      checkCoefficients([coefficient], 1);
      combineScalar(all, destination, [base, source], [1, coefficient], bytes);
    },
    combine(destination, sources, coefficients, bytes) {
      check(sources, bytes);
      checkCoefficients(coefficients, sources.length);
      combineScalar(all, destination, sources, coefficients, bytes);
    },
  };
}
