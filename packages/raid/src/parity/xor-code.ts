import {
  type Code,
  get,
  i32,
  i32Add,
  i32Const,
  i32NotEqual,
  loopWhile,
  pagesMemory,
  set,
  tee,
  vLoad,
  vStore,
  vXor,
  type WasmFunction,
} from './assembler.ts';

/** Bytes one turn of the loop covers: one cache line of every source. */
export const xorStepBytes = 64;
const lanesPerStep = xorStepBytes / 16;

/**
 * `xorK(destination, source 1 .. source K, bytes)`: destination becomes the exclusive or of K sources. Addresses are
 * byte offsets into the pages, `bytes` is a positive multiple of 64. The destination may be one of the sources.
 */
export function xorFunction(sources: number): WasmFunction {
  const destination = 0;
  const pointers = [destination, ...Array.from({ length: sources }, (_, index) => index + 1)];
  const end = sources + 1;
  const lane = (index: number): Code => [
    ...get(destination),
    ...pointers
      .slice(1)
      .flatMap((pointer, position) => [
        ...get(pointer),
        ...vLoad(pagesMemory, index * 16),
        ...(position === 0 ? [] : vXor),
      ]),
    ...vStore(pagesMemory, index * 16),
  ];
  const advance = (pointer: number): Code => [...get(pointer), ...i32Const(xorStepBytes), ...i32Add];
  return {
    name: `xor${sources}`,
    params: Array.from({ length: sources + 2 }, () => i32),
    results: [],
    locals: [],
    body: [
      // The byte count becomes the address behind the destination's last byte: the loop needs no counter of its own.
      ...get(end),
      ...get(destination),
      ...i32Add,
      ...set(end),
      ...loopWhile([
        ...Array.from({ length: lanesPerStep }, (_, index) => lane(index)).flat(),
        ...pointers.slice(1).flatMap((pointer) => [...advance(pointer), ...set(pointer)]),
        ...advance(destination),
        ...tee(destination),
        ...get(end),
        ...i32NotEqual,
      ]),
    ],
  };
}
