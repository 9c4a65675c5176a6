/**
 * Just enough of the WebAssembly binary format (core specification 2.0, chapter 5, plus the multi-memory and threads
 * proposals) to write the kernels of this package down as instructions and hand the bytes to `WebAssembly.Module`.
 * Instructions are lists of bytes, so that sequences are built by spreading and repeated by ordinary loops.
 */
export type Code = readonly number[];

export const i32 = 0x7f;
export const v128 = 0x7b;
export const i64 = 0x7e;

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly number[];
  readonly results: readonly number[];
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly body: Code;
}

export interface WasmModule {
  /** Memory 0: shared, imported as `holdfast.memory`, of any size up to 4 GiB. */
  readonly functions: readonly WasmFunction[];
  /** Initial bytes of memory 1, private to the instance: tables of constants. */
  readonly constants: Uint8Array;
}

/** Memory 0, the shared pages. */
export const pagesMemory = 0;
/** Memory 1, the instance's own constants. */
export const constantsMemory = 1;

function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

function signed(value: bigint): Code {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const access = (memory: number, offset: number): Code =>
  memory === pagesMemory ? [0, ...unsigned(offset)] : [0x40, ...unsigned(memory), ...unsigned(offset)];

const simd = (code: number): Code => [0xfd, ...unsigned(code)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];

/** Run `body` until the condition it leaves on the stack is zero. */
export const loopWhile = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b];
/** Run `body` when the condition on the stack is not zero. */
export const when = (body: Code): Code => [0x04, 0x40, ...body, 0x0b];

export const i32Const = (value: number): Code => [0x41, ...signed(BigInt(value | 0))];
export const i32Add: Code = [0x6a];
export const i32Sub: Code = [0x6b];
export const i32ShiftRight = (bits: number): Code => [...i32Const(bits), 0x76];
export const i32NotEqual: Code = [0x47];

export const i64Const = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
export const i64Add: Code = [0x7c];
export const i64Mul: Code = [0x7e];
export const i64And: Code = [0x83];
export const i64Xor: Code = [0x85];
export const i64ShiftRight = (bits: number): Code => [...i64Const(BigInt(bits)), 0x88];
export const i64FromI32: Code = [0xad];
export const i64Load = (memory: number, offset: number): Code => [0x29, ...access(memory, offset)];
export const i64Store = (memory: number, offset: number): Code => [0x37, ...access(memory, offset)];

export const vLoad = (memory: number, offset: number): Code => [...simd(0x00), ...access(memory, offset)];
export const vStore = (memory: number, offset: number): Code => [...simd(0x0b), ...access(memory, offset)];
export const vXor: Code = simd(0x51);
export const vAnd: Code = simd(0x4e);
/** The low byte of a 32-bit number in every lane. */
export const vSplat8: Code = simd(0x0f);
export const vAdd8: Code = simd(0x6e);
/** All ones in each byte that is smaller as a signed number. */
export const vLess8: Code = simd(0x25);
export const vShiftRight16 = (bits: number): Code => [...i32Const(bits), ...simd(0x8d)];
/** Bytes of the first operand picked by the second, whose bytes are indexes: 0 where an index is above 15. */
export const vSwizzle: Code = simd(0x0e);
/** The same from the relaxed SIMD proposal, one instruction where `vSwizzle` takes two: indexes must be below 16. */
export const vRelaxedSwizzle: Code = simd(0x100);
export const vConst = (low: bigint, high: bigint): Code => {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, low, true);
  view.setBigUint64(8, high, true);
  return [...simd(0x0c), ...bytes];
};
/** Lanes of 32 bits picked from two operands: 0 to 3 of the first, 4 to 7 of the second. */
export const vPick32 = (...lanes: readonly number[]): Code => [
  ...simd(0x0d),
  ...lanes.flatMap((lane) => [lane * 4, lane * 4 + 1, lane * 4 + 2, lane * 4 + 3]),
];
export const vLane64 = (lane: number): Code => [...simd(0x1d), lane];
export const vAdd64: Code = simd(0xce);
export const vMul64: Code = simd(0xd5);
export const vShiftRight64 = (bits: number): Code => [...i32Const(bits), ...simd(0xcd)];
/** Lanes 0 and 1 of both operands, as unsigned 32-bit numbers, multiplied to two lanes of 64 bits. */
export const vMulLow32: Code = simd(0xde);
/** The same of lanes 2 and 3. */
export const vMulHigh32: Code = simd(0xdf);

const text = (value: string): Code => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

const importedMemory: Code = [...text('holdfast'), ...text('memory'), 0x02, 0x03, 0, ...unsigned(65_536)];
const header: Code = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** The binary form of a module. */
export function assemble({ functions, constants }: WasmModule): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [0x60, ...list(f.params.map((t) => [t])), ...list(f.results.map((t) => [t]))]);
  const bodies = functions.map((f) => {
    const code = [...list(f.locals.map((t) => [1, t])), ...f.body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...header,
    ...section(1, list(types)),
    ...section(2, list([importedMemory])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(5, list([[0x00, 1]])),
    ...section(7, list(functions.map((f, index) => [...text(f.name), 0x00, ...unsigned(index)]))),
    ...section(10, list(bodies)),
    ...section(11, list([[0x02, constantsMemory, ...i32Const(0), 0x0b, ...unsigned(constants.length), ...constants]])),
  ]);
}
