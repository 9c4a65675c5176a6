import type { Area } from '../harness/question.ts';
import { durableOperations } from './durable-operations.ts';
import { kernelEvents } from './kernel-events.ts';
import { pageCache } from './page-cache.ts';
import { stateMemory } from './state-memory.ts';

export const nfsStateArea: Area = {
  name: 'nfs-state',
  questions: [...durableOperations, ...pageCache, ...kernelEvents, ...stateMemory],
};
