import type { Budget, Contender, Question, Sample } from '../harness/question.ts';
import { bytesPerCpuSecond } from '../load/repeat.ts';
import { sharedPages } from '../ours/shared-pages.ts';
import { copyMemory, copyTypedArray } from '../peers/memcpy.ts';

const members = 4;
/** In cache: small enough for the second-level cache with all sources and the parity. Out of it: above any cache. */
const sizes = {
  'in cache': { blockBytes: 64 << 10, groups: 1 },
  'out of cache': { blockBytes: 4 << 20, groups: 12 },
} as const;
type Place = keyof typeof sizes;

export const parity: readonly Question[] = (Object.keys(sizes) as Place[]).map((place) => {
  const peers = [copyMemory, copyTypedArray].map(
    ({ name, open }): Contender => ({
      name,
      round: async (budget) => {
        const { blockBytes, groups } = sizes[place];
        const copy = open(2 * blockBytes * groups);
        return bytesPerCpuSecond(budget, blockBytes, (turn) => {
          const at = (turn % groups) * 2 * blockBytes;
          copy(at + blockBytes, at, blockBytes);
        });
      },
    }),
  );
  return {
    name: `XOR ${members}+1 ${place}`,
    unit: 'GB/CPU-s',
    better: 'higher',
    ours: { name: 'parity', round: async (budget) => xor(budget, place) },
    peers,
    verdicts: [{ measure: 'ratio', against: peers.map((peer) => peer.name), min: place === 'in cache' ? 1.3 : 1.5 }],
  };
});

function xor(budget: Budget, place: Place): Sample {
  const { blockBytes, groups } = sizes[place];
  const { kernel } = sharedPages(blockBytes * groups * (members + 1));
  return bytesPerCpuSecond(budget, blockBytes * members, (turn) => {
    const at = (turn % groups) * blockBytes * (members + 1);
    const sources = Array.from({ length: members }, (_, member) => at + (member + 1) * blockBytes);
    kernel.xor(at, sources, blockBytes);
  });
}
