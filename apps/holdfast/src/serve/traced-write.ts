import type { RaidArray, Toughness, WriteStep } from '@holdfast/raid';

export interface TracedWrite {
  readonly toughness: Toughness;
  readonly technique: 'parity' | 'mirror';
}

const blockBytes = 4096;
/** A part of a block, so that the old one has to be read: every step of the figure is there. */
const offset = 1024;
const length = 512;

/** Overwrite a part of a block of an object made for that, and tell each step; the object is gone afterwards. */
export async function* tracedWrite(
  { objects }: RaidArray,
  { toughness, technique }: TracedWrite,
): AsyncGenerator<
  WriteStep,
  { readonly toughness: Toughness; readonly technique: string; readonly degraded: boolean }
> {
  const gfid = await objects.create({ technique });
  try {
    const object = await objects.open(gfid);
    await object.write(0, new Uint8Array(blockBytes).fill(1));
    const { written, steps } = await object.trace(offset, new Uint8Array(length).fill(2), { toughness });
    yield* steps;
    return { toughness, technique, degraded: written.degraded };
  } finally {
    await objects.remove(gfid);
  }
}
