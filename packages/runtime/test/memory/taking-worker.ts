import { parentPort, workerData } from 'node:worker_threads';
import { extentGranuleBytes } from '../../src/limits.ts';
import { Arena, type Extent } from '../../src/memory/arena.ts';

// Takes and gives as fast as it can, and reports what it kept.
const arena = Arena.open(workerData as WebAssembly.Memory);
const kept: Extent[] = [];
for (let round = 0; round < 20_000; round++) {
  const extent = arena.take((1 + (round % 3)) * extentGranuleBytes);
  if (round % 1000 === 0) kept.push(extent);
  else arena.give(extent);
}
parentPort?.postMessage(kept);
