import {
  type Code,
  constantsMemory,
  get,
  i32,
  i32Add,
  i32Const,
  i32NotEqual,
  loopWhile,
  pagesMemory,
  set,
  tee,
  v128,
  vAdd8,
  vAnd,
  vLess8,
  vLoad,
  vShiftRight16,
  vSplat8,
  vStore,
  vXor,
  type WasmFunction,
} from './assembler.ts';
import { reduction } from './galois-field.ts';

/** Bytes one turn of a loop covers: one cache line of every source. */
export const stepBytes = 64;
const laneOffsets = [0, 16, 32, 48] as const;

/** Put a byte into all lanes of a local. A constant in the loop would be made anew by the engine in every turn. */
const setEach = (local: number, byte: number): Code => [...i32Const(byte), ...vSplat8, ...set(local)];

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const advance = (pointer: number): Code => [...get(pointer), ...i32Const(stepBytes), ...i32Add, ...set(pointer)];

/** Repeat `step` while all pointers go on together, until the first of them is at the address that `bytes` is turned into. */
const walk = (pointers: readonly number[], bytes: number, step: Code): Code => [
  ...[...get(bytes), ...get(pointers[0]!), ...i32Add, ...set(bytes)],
  ...loopWhile([...step, ...pointers.flatMap(advance), ...get(pointers[0]!), ...get(bytes), ...i32NotEqual]),
];

/**
 * `pqN(p, q, source 1 .. source N, bytes)`: p becomes the sum of the sources, q the sum of g^i times source i, i from 0.
 * By the rule of Horner from the last source to the first, so that a doubling is all the multiplication there is: an
 * addition to itself, and the reduction where the highest bit was set, which a signed comparison finds.
 */
export function pqFunction(sources: number): WasmFunction {
  const [p, q] = [0, 1];
  const pointers = numbers(2, sources);
  const bytes = sources + 2;
  const [sum, scaled, value, zero, modulus] = [bytes + 1, bytes + 2, bytes + 3, bytes + 4, bytes + 5] as const;
  const doubled: Code = [
    ...[...get(scaled), ...get(scaled), ...vAdd8],
    ...[...get(scaled), ...get(zero), ...vLess8, ...get(modulus), ...vAnd, ...vXor],
  ];
  const lane = (at: number): Code => [
    ...[...get(pointers.at(-1)!), ...vLoad(pagesMemory, at), ...tee(sum), ...set(scaled)],
    ...pointers
      .slice(0, -1)
      .toReversed()
      .flatMap((pointer) => [
        ...[...get(pointer), ...vLoad(pagesMemory, at), ...tee(value), ...get(sum), ...vXor, ...set(sum)],
        ...[...doubled, ...get(value), ...vXor, ...set(scaled)],
      ]),
    ...[...get(p), ...get(sum), ...vStore(pagesMemory, at)],
    ...[...get(q), ...get(scaled), ...vStore(pagesMemory, at)],
  ];
  return {
    name: `pq${sources}`,
    params: numbers(0, sources + 3).map(() => i32),
    results: [],
    locals: [v128, v128, v128, v128, v128],
    body: [
      ...[...setEach(zero, 0), ...setEach(modulus, reduction)],
      ...walk([p, q, ...pointers], bytes, laneOffsets.flatMap(lane)),
    ],
  };
}

const nibble = 0x0f;

/**
 * The product of the vector in `value` and a coefficient, by the tables that `low` and `high` leave on the stack; `mask`
 * holds {@link nibble} in all lanes. Shifts of 16 bits, as engines have none of 8.
 */
const product = (value: number, mask: number, low: Code, high: Code, swizzle: Code): Code => [
  ...[...low, ...get(value), ...get(mask), ...vAnd, ...swizzle],
  ...[...high, ...get(value), ...vShiftRight16(4), ...get(mask), ...vAnd, ...swizzle],
  ...vXor,
];

const tableLoad = (table: number, half: 0 | 1): Code => [...get(table), ...vLoad(constantsMemory, half * 16)];

/**
 * `addScaled(destination, base, source, table, bytes)`: destination becomes base plus source times the coefficient whose
 * tables lie at `table`: how Q takes in the change of one block.
 */
export function addScaledFunction(swizzle: Code): WasmFunction {
  const [destination, base, source, table, bytes, value, low, high, mask] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const lane = (at: number): Code => [
    ...get(destination),
    ...[...get(source), ...vLoad(pagesMemory, at), ...set(value)],
    ...product(value, mask, get(low), get(high), swizzle),
    ...[...get(base), ...vLoad(pagesMemory, at), ...vXor, ...vStore(pagesMemory, at)],
  ];
  return {
    name: 'addScaled',
    params: numbers(0, 5).map(() => i32),
    results: [],
    locals: [v128, v128, v128, v128],
    body: [
      ...[...tableLoad(table, 0), ...set(low), ...tableLoad(table, 1), ...set(high), ...setEach(mask, nibble)],
      ...walk([destination, base, source], bytes, laneOffsets.flatMap(lane)),
    ],
  };
}

/**
 * `combineN(destination, source 1 .. source N, table 1 .. table N, bytes)`: destination becomes the sum of the sources,
 * each times its coefficient: how any lost member is made again from those that are left.
 */
export function combineFunction(sources: number, swizzle: Code): WasmFunction {
  const destination = 0;
  const pointers = numbers(1, sources);
  const tables = numbers(sources + 1, sources);
  const bytes = 2 * sources + 1;
  const [value, mask] = [bytes + 1, bytes + 2] as const;
  const lane = (at: number): Code => [
    ...get(destination),
    ...pointers.flatMap((pointer, index) => [
      ...[...get(pointer), ...vLoad(pagesMemory, at), ...set(value)],
      ...product(value, mask, tableLoad(tables[index]!, 0), tableLoad(tables[index]!, 1), swizzle),
      ...(index === 0 ? [] : vXor),
    ]),
    ...vStore(pagesMemory, at),
  ];
  return {
    name: `combine${sources}`,
    params: numbers(0, 2 * sources + 2).map(() => i32),
    results: [],
    locals: [v128, v128],
    body: [...setEach(mask, nibble), ...walk([destination, ...pointers], bytes, laneOffsets.flatMap(lane))],
  };
}
