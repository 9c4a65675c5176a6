import type { Toughness } from '../../src/kernel/iom-messages.ts';
import { bytesOfWrite, type NotedWrite, trimSeed } from './block-oracle.ts';

const blockBytes = 4096;
/** Blocks of one lane: few, so that lanes share rows and each block is overwritten often. */
export const laneBlocks = 10;

/** The next write of a lane. Below toughness 2 whole blocks only: what they may hold stays countable. */
export function nextWrite(lane: number, random: (below: number) => number): NotedWrite {
  const first = lane * laneBlocks;
  const block = random(laneBlocks);
  const seed = random(1_000_000);
  const kind = random(7);
  if (kind < 2) return { offset: (first + block) * blockBytes, length: blockBytes, seed, toughness: kind };
  const offset = block * blockBytes + (kind < 4 ? 0 : random(blockBytes - 1));
  const room = laneBlocks * blockBytes - offset;
  const length = kind === 2 ? blockBytes : 1 + random(Math.min(room, kind >= 5 ? 12_000 : 600));
  return {
    offset: first * blockBytes + offset,
    length: Math.min(length, room),
    seed: kind === 6 ? trimSeed : seed,
    toughness: 2,
  };
}

interface Overwritten {
  write(offset: number, bytes: Uint8Array, options: { readonly toughness: Toughness }): Promise<unknown>;
  trim(range: { readonly offset: number; readonly length: number }): Promise<unknown>;
}

/** Overwrite on and on in lanes that share rows, each one write at a time; `note` hears of each before and after. */
export async function overwrite(
  object: Overwritten,
  options: {
    readonly lanes: number;
    readonly writesEach: number;
    readonly random: (below: number) => number;
    readonly note: (verb: 'begin' | 'acked', write: NotedWrite) => void;
  },
): Promise<void> {
  const { lanes, writesEach, random, note } = options;
  const run = async (lane: number) => {
    for (let count = 0; count < writesEach; count++) {
      const write = nextWrite(lane, random);
      const toughness = ([0, 1, 2] as const)[write.toughness]!;
      note('begin', write);
      if (write.seed === trimSeed) await object.trim(write);
      else await object.write(write.offset, bytesOfWrite(write), { toughness });
      if (toughness === 2) note('acked', write);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
}
