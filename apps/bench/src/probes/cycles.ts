/**
 * Start, use, kill and close again and again, and see what the process keeps. Arguments: cycles, first measured cycle,
 * 1 for clusters or 0 for bare workers.
 */
import { readdirSync } from 'node:fs';
import { numbers } from './arguments.ts';
import { collectGarbage, heldBytes } from './memory.ts';

const [cycles = 200, firstMeasured = 50, clusters = 1] = numbers();
const cycle = await (clusters === 1 ? import('./cluster-cycle.ts') : import('./bare-cycle.ts'));

const measure = async () => {
  await collectGarbage();
  return { held: heldBytes(), rss: process.memoryUsage.rss(), descriptors: readdirSync('/proc/self/fd').length };
};

let first: Awaited<ReturnType<typeof measure>> | undefined;
const startedMs = performance.now();
for (let done = 1; done <= cycles; done++) {
  await cycle.run();
  if (done === firstMeasured) first = await measure();
}
const cycleMs = (performance.now() - startedMs) / cycles;
const last = await measure();
if (first === undefined) throw new Error(`cycle ${firstMeasured} was never reached`);
console.log(
  JSON.stringify({
    heldGrowthPercent: 100 * (last.held / first.held - 1),
    rssGrowthPercent: 100 * (last.rss / first.rss - 1),
    descriptorsMore: last.descriptors - first.descriptors,
    resourcesLeft: process.getActiveResourcesInfo().filter((resource) => !/^(TTY|Pipe)Wrap$/.test(resource)).length,
    rssMiB: last.rss / 2 ** 20,
    cycleMs,
  }),
);
