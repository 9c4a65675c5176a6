import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Sample } from '../harness/question.ts';
import { percentile } from '../harness/statistics.ts';

/** So many chains of calls, each making the next call when the last one was answered: calls a second on the wall. */
export async function callsPerSecond(
  { warmUpMs, measureMs }: Budget,
  chains: number,
  call: () => Promise<unknown>,
): Promise<Sample> {
  await runChains(warmUpMs, chains, call);
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  const latencies = await runChains(measureMs, chains, call);
  const ms = performance.now() - startedMs;
  return {
    value: (latencies.length * 1000) / ms,
    cpuNs: (processCpuNs() - cpuBefore) / latencies.length,
    details: { 'µs, p50': percentile(latencies, 0.5), 'µs, p99': percentile(latencies, 0.99) },
  };
}

/** Microseconds of each call. */
async function runChains(ms: number, chains: number, call: () => Promise<unknown>): Promise<number[]> {
  const untilMs = performance.now() + ms;
  const latencies: number[] = [];
  const chain = async () => {
    for (;;) {
      const beganMs = performance.now();
      if (beganMs >= untilMs) return;
      await call();
      latencies.push((performance.now() - beganMs) * 1000);
    }
  };
  await Promise.all(Array.from({ length: chains }, chain));
  return latencies;
}
