import type { RaidArray } from '../../src/array/raid-array.ts';

/** A small array: groups of 3 + 1, 16 KiB a slot. */
export const smallShape = { data: 3, unitBlocks: 4, extentBlocks: 64 };
/** Bytes of one of its whole groups. */
export const smallGroupBytes = 3 * 4 * 4096;

/** Bytes that follow from length and seed (xorshift32). */
export function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (Math.imul(seed, 0x9e3779b1) + length) | 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

export async function readAll(array: RaidArray, key: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of array.get(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `right`, `wrong`, or the code of the failure. */
export async function verdict(array: RaidArray, key: string, expected: Uint8Array): Promise<string> {
  try {
    return Buffer.compare(await readAll(array, key), expected) === 0 ? 'right' : 'wrong';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

export async function keysOf(array: RaidArray, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of array.list({ prefix })) keys.push(key);
  return keys;
}
