import type { Area } from '../harness/question.ts';
import { checksum } from './checksum.ts';
import { overwrites } from './overwrites.ts';
import { parity } from './parity.ts';
import { randomReads } from './random-reads.ts';
import { restart } from './restart.ts';
import { resync } from './resync.ts';
import { wholeObjects } from './whole-objects.ts';
import { writeLatency } from './write-latency.ts';

export const raidArea: Area = {
  name: 'raid',
  questions: [
    ...parity,
    ...checksum,
    ...wholeObjects,
    ...overwrites,
    ...writeLatency,
    ...randomReads,
    ...restart,
    ...resync,
  ],
};
