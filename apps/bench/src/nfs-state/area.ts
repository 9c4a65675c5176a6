import type { Area } from '../harness/question.ts';
import { durableOperations } from './durable-operations.ts';
import { kernelEvents } from './kernel-events.ts';
import { pageCache } from './page-cache.ts';
import { priorities } from './priorities.ts';
import { stateMemory } from './state-memory.ts';
import { takeover } from './takeover.ts';

export const nfsStateArea: Area = {
  name: 'nfs-state',
  questions: [...priorities, ...durableOperations, ...takeover, ...pageCache, ...kernelEvents, ...stateMemory],
};
