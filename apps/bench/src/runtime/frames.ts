import type { Question } from '../harness/question.ts';
import { framesOurs } from '../ours/frames-ours.ts';
import { bareRing } from '../peers/bare-ring.ts';
import { arrayOfFrames, packedFrames, portFrames } from '../peers/port-frames.ts';

export const frames: readonly Question[] = [
  {
    name: '64-byte frames one way, main to node',
    unit: 'frames/s',
    better: 'higher',
    ours: framesOurs,
    peers: [...portFrames, bareRing],
    verdicts: [
      { measure: 'ratio', against: [arrayOfFrames], min: 3 },
      { measure: 'ratio', against: [packedFrames] },
      { measure: 'cpu', against: [bareRing.name], max: 1.5 },
    ],
  },
];
