import { crc32 } from 'node:zlib';
import type { Question } from '../harness/question.ts';
import { bytesPerCpuSecond } from '../load/repeat.ts';
import { sharedPages } from '../ours/shared-pages.ts';

const blockBytes = 4096;
const blocks = 16;
const areaBytes = blocks * blockBytes;

/** Each block of 4 KiB has a checksum of its own; 16 of them are one slot. */
export const checksum: readonly Question[] = [
  {
    name: 'checksum of 4 KiB blocks',
    unit: 'GB/CPU-s',
    better: 'higher',
    ours: {
      name: 'XXH3-64',
      round: async (budget) => {
        const { kernel } = sharedPages(areaBytes + blocks * 8);
        return bytesPerCpuSecond(budget, areaBytes, () => kernel.hashBlocks(0, blockBytes, blocks, areaBytes));
      },
    },
    peers: [
      {
        name: 'zlib.crc32',
        round: async (budget) => {
          const area = Buffer.alloc(areaBytes, 0x5a);
          const views = Array.from({ length: blocks }, (_, block) =>
            area.subarray(block * blockBytes, (block + 1) * blockBytes),
          );
          let sum = 0;
          const sample = bytesPerCpuSecond(budget, areaBytes, () => {
            for (const view of views) sum = crc32(view);
          });
          if (sum === 0) throw new Error('nothing was computed');
          return sample;
        },
      },
    ],
    verdicts: [{ measure: 'ratio', against: ['zlib.crc32'], min: 3 }],
  },
];
