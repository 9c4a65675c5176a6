import { Worker } from 'node:worker_threads';
import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import { sibling } from './sibling.ts';

/** Words in front of the ring's data, far enough apart that two processors do not fight over a cache line. */
export const tailWord = 0;
export const headWord = 32;
export const framesReadWord = 64;
export const stopWord = 96;
export const ringHeaderBytes = 512;
/** A record is its length and its bytes. Records of 72 bytes never lie across the end of a ring of this size. */
export const recordHeaderBytes = 8;
export const ringDataBytes = 72 << 12;

export interface RingOrder {
  readonly side: 'writer' | 'reader';
  readonly memory: SharedArrayBuffer;
}

/**
 * Two threads and a ring of 64-byte frames in shared memory between them, published 64 at a time; a side that has
 * nothing to do sleeps in `Atomics.wait`. No sequence, no acknowledgement, no copy kept: the floor under any session.
 */
export const bareRing: Contender = {
  name: 'bare ring',
  round: async (budget) => {
    const memory = new SharedArrayBuffer(ringHeaderBytes + ringDataBytes);
    const workers = (['reader', 'writer'] as const).map((side) => {
      const order: RingOrder = { side, memory };
      return new Worker(sibling('bare-ring-worker', import.meta), { workerData: order });
    });
    try {
      return await watch(new Int32Array(memory), budget);
    } finally {
      const words = new Int32Array(memory);
      Atomics.store(words, stopWord, 1);
      for (const word of [tailWord, headWord]) Atomics.notify(words, word);
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
  },
};

async function watch(words: Int32Array, { warmUpMs, measureMs }: Budget): Promise<Sample> {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  while (Atomics.load(words, framesReadWord) === 0) await sleep(1);
  await sleep(warmUpMs);
  const framesBefore = Atomics.load(words, framesReadWord);
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  await sleep(measureMs);
  const frames = (Atomics.load(words, framesReadWord) - framesBefore) >>> 0;
  const seconds = (performance.now() - startedMs) / 1000;
  return { value: frames / seconds, cpuNs: (processCpuNs() - cpuBefore) / frames };
}
