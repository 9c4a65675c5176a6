import type { Area } from '../harness/question.ts';
import { contention } from './contention.ts';
import { forwards } from './forwards.ts';
import { hits } from './hits.ts';
import { manyReads } from './many-reads.ts';
import { memory } from './memory.ts';
import { messages } from './messages.ts';
import { misses } from './misses.ts';

export const coherenceArea: Area = {
  name: 'coherence',
  questions: [...hits, ...misses, ...contention, ...manyReads, ...messages, ...forwards, ...memory],
};
