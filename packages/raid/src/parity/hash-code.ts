import {
  type Code,
  constantsMemory,
  get,
  i32,
  i32Add,
  i32Const,
  i32ShiftRight,
  i32Sub,
  i64,
  i64Add,
  i64And,
  i64Const,
  i64FromI32,
  i64Load,
  i64Mul,
  i64ShiftRight,
  i64Store,
  i64Xor,
  loopWhile,
  pagesMemory,
  set,
  tee,
  v128,
  vAdd64,
  vConst,
  vLane64,
  vLoad,
  vMul64,
  vMulHigh32,
  vMulLow32,
  vPick32,
  vShiftRight64,
  vXor,
  type WasmFunction,
  when,
} from './assembler.ts';
import {
  avalanchePrime,
  initialAccumulators,
  lastStripeSecretAt,
  mergeSecretAt,
  prime32x1,
  prime64x1,
  roundBytes,
  scrambleSecretAt,
  stripeBytes,
  stripesPerRound,
} from './xxh3-constants.ts';

const source = 0;
const blockBytes = 1;
const blocks = 2;
const destination = 3;
const cursor = 4;
const key = 5;
const left = 6;
const accumulators = [7, 8, 9, 10] as const;
const data = [11, 12] as const;
const keyed = [13, 14] as const;
const first = 15;
const second = 16;
const sum = 17;

/** XXH3 pairs each accumulator with its neighbour; two vectors share one pair of lane picks and two multiplications. */
function pairOfVectors(pair: number, dataAddress: number, dataAt: number, keyAddress: Code, keyAt: number): Code {
  const load = (half: 0 | 1): Code => [
    ...get(dataAddress),
    ...vLoad(pagesMemory, dataAt + (pair * 2 + half) * 16),
    ...tee(data[half]),
    ...keyAddress,
    ...vLoad(constantsMemory, keyAt + (pair * 2 + half) * 16),
    ...vXor,
    ...set(keyed[half]),
  ];
  const low: Code = [...get(keyed[0]), ...get(keyed[1]), ...vPick32(0, 2, 4, 6)];
  const high: Code = [...get(keyed[0]), ...get(keyed[1]), ...vPick32(1, 3, 5, 7)];
  const accumulate = (half: 0 | 1, multiply: Code): Code => {
    const accumulator = accumulators[(pair * 2 + half) as 0 | 1 | 2 | 3];
    return [
      ...get(accumulator),
      ...get(data[half]),
      ...get(data[half]),
      ...vPick32(2, 3, 0, 1),
      ...vAdd64,
      ...low,
      ...high,
      ...multiply,
      ...vAdd64,
      ...set(accumulator),
    ];
  };
  return [...load(0), ...load(1), ...accumulate(0, vMulLow32), ...accumulate(1, vMulHigh32)];
}

const stripe = (dataAddress: number, dataAt: number, keyAddress: Code, keyAt: number): Code => [
  ...pairOfVectors(0, dataAddress, dataAt, keyAddress, keyAt),
  ...pairOfVectors(1, dataAddress, dataAt, keyAddress, keyAt),
];

const scramble: Code = accumulators.flatMap((accumulator, index) => [
  ...get(accumulator),
  ...get(accumulator),
  ...vShiftRight64(47),
  ...vXor,
  ...i32Const(0),
  ...vLoad(constantsMemory, scrambleSecretAt + index * 16),
  ...vXor,
  ...vConst(prime32x1, prime32x1),
  ...vMul64,
  ...set(accumulator),
]);

const advance = (local: number, bytes: number): Code => [...get(local), ...i32Const(bytes), ...i32Add, ...set(local)];
const countDown: Code = [...get(left), ...i32Const(1), ...i32Sub, ...tee(left)];

/** The product of `first` and `second` as 128 bits, its halves xored. */
const foldedProduct: Code = (() => {
  const low = (local: number): Code => [...get(local), ...i64Const(0xffffffffn), ...i64And];
  const high = (local: number): Code => [...get(local), ...i64ShiftRight(32)];
  const cross: Code = [
    // low * low >> 32, plus high * low, keeps within 64 bits.
    ...low(first),
    ...low(second),
    ...i64Mul,
    ...i64ShiftRight(32),
    ...high(first),
    ...low(second),
    ...i64Mul,
    ...i64Add,
  ];
  const carry: Code = [
    ...cross,
    ...i64Const(0xffffffffn),
    ...i64And,
    ...low(first),
    ...high(second),
    ...i64Mul,
    ...i64Add,
    ...i64ShiftRight(32),
  ];
  return [
    ...[...high(first), ...high(second), ...i64Mul],
    ...[...cross, ...i64ShiftRight(32), ...i64Add],
    ...[...carry, ...i64Add],
    ...[...get(first), ...get(second), ...i64Mul, ...i64Xor],
  ];
})();

const merge: Code = [
  ...[...get(blockBytes), ...i64FromI32, ...i64Const(prime64x1), ...i64Mul, ...set(sum)],
  ...accumulators.flatMap((accumulator, index) => {
    const lane = (number: 0 | 1, into: number): Code => [
      ...get(accumulator),
      ...vLane64(number),
      ...i32Const(0),
      ...i64Load(constantsMemory, mergeSecretAt + index * 16 + number * 8),
      ...i64Xor,
      ...set(into),
    ];
    return [...lane(0, first), ...lane(1, second), ...get(sum), ...foldedProduct, ...i64Add, ...set(sum)];
  }),
  ...[...get(sum), ...get(sum), ...i64ShiftRight(37), ...i64Xor, ...i64Const(avalanchePrime), ...i64Mul, ...set(sum)],
  ...[...get(sum), ...get(sum), ...i64ShiftRight(32), ...i64Xor],
];

/**
 * `hashBlocks(source, blockBytes, blocks, destination)`: the XXH3-64 value (seed 0, default secret) of each of
 * `blocks` blocks that lie side by side, stored as little-endian 64-bit numbers side by side from `destination`.
 * `blockBytes` is a multiple of 64 above 240, the length from which XXH3 uses its long form.
 */
export const hashBlocksFunction: WasmFunction = {
  name: 'hashBlocks',
  params: [i32, i32, i32, i32],
  results: [],
  locals: [...Array(3).fill(i32), ...Array(8).fill(v128), ...Array(3).fill(i64)],
  body: loopWhile([
    ...accumulators.flatMap((accumulator, index) => [
      ...vConst(initialAccumulators[index * 2] ?? 0n, initialAccumulators[index * 2 + 1] ?? 0n),
      ...set(accumulator),
    ]),
    ...[...get(source), ...set(cursor)],
    ...[...get(blockBytes), ...i32Const(1), ...i32Sub, ...i32ShiftRight(10), ...tee(left)],
    ...when(
      loopWhile([
        ...Array.from({ length: stripesPerRound }, (_, index) =>
          stripe(cursor, index * stripeBytes, i32Const(0), index * 8),
        ).flat(),
        ...scramble,
        ...advance(cursor, roundBytes),
        ...countDown,
      ]),
    ),
    // The stripes of the last, unfinished round; the very last stripe has its own place in the secret.
    ...[...get(source), ...get(blockBytes), ...i32Add, ...get(cursor), ...i32Sub, ...i32Const(1), ...i32Sub],
    ...[...i32ShiftRight(6), ...tee(left)],
    ...when([
      ...[...i32Const(0), ...set(key)],
      ...loopWhile([
        ...stripe(cursor, 0, get(key), 0),
        ...advance(cursor, stripeBytes),
        ...advance(key, 8),
        ...countDown,
      ]),
    ]),
    ...[...get(source), ...get(blockBytes), ...i32Add, ...tee(source), ...i32Const(stripeBytes), ...i32Sub],
    ...set(cursor),
    ...stripe(cursor, 0, i32Const(0), lastStripeSecretAt),
    ...[...get(destination), ...merge, ...i64Store(pagesMemory, 0)],
    ...advance(destination, 8),
    ...[...get(blocks), ...i32Const(1), ...i32Sub, ...tee(blocks)],
  ]),
};
