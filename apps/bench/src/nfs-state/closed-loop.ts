import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Sample } from '../harness/question.ts';

/** Clients that each ask again as soon as they are answered; operations a second. */
export async function closedLoop(
  clients: number,
  { warmUpMs, measureMs }: Budget,
  operation: (client: number) => Promise<unknown>,
): Promise<Sample & { readonly operations: number }> {
  let operations = 0;
  const run = async (ms: number): Promise<number> => {
    const startedMs = performance.now();
    const loop = async (client: number) => {
      while (performance.now() < startedMs + ms) {
        await operation(client);
        operations++;
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
    return performance.now() - startedMs;
  };
  await run(warmUpMs);
  operations = 0;
  const cpuBefore = processCpuNs();
  const tookMs = await run(measureMs);
  const cpuNs = (processCpuNs() - cpuBefore) / operations;
  return { operations, value: (operations * 1000) / tookMs, cpuNs };
}
