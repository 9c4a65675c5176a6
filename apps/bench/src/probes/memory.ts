import { setTimeout as sleep } from 'node:timers/promises';

const settleMs = 50;

/** Collect garbage until the collector has nothing more to find. Needs --expose-gc. */
export async function collectGarbage(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('start this probe with --expose-gc');
  for (let pass = 0; pass < 4; pass++) {
    globalThis.gc();
    await sleep(settleMs);
  }
}

/** What this thread's heap and its buffers outside of it hold. */
export function heldBytes(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
