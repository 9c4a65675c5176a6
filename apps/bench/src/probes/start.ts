/** How long a cluster takes to come up, imports included, and what the process weighs then. Arguments: nodes. */
import { numbers } from './arguments.ts';
import { collectGarbage } from './memory.ts';

const [nodes = 4] = numbers();
const rssBefore = process.memoryUsage.rss();
const startedMs = performance.now();
const { Cluster } = await import('@holdfast/runtime');
const importedMs = performance.now();
const cluster = await Cluster.start({ nodes });
const upMs = performance.now();
const rssUp = process.memoryUsage.rss();
await collectGarbage();
const rss = process.memoryUsage.rss();
await cluster.close();
console.log(
  JSON.stringify({
    totalMs: upMs - startedMs,
    importMs: importedMs - startedMs,
    startMs: upMs - importedMs,
    closeMs: performance.now() - upMs,
    rssMiB: (rss - rssBefore) / 2 ** 20,
    rssUpMiB: (rssUp - rssBefore) / 2 ** 20,
  }),
);
