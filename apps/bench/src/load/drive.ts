import { processCpuNs } from '../harness/cpu.ts';
import type { Sample } from '../harness/question.ts';
import { percentile } from '../harness/statistics.ts';
import type { Caller, Load } from './load.ts';

const key = 'sid:4711';
const latenciesMax = 1 << 20;

/** Throughput with many calls outstanding, the median round trip with one. */
export function drive(caller: Caller, load: Load): Promise<Sample> {
  return load.outstanding === 1 ? driveLatency(caller, load) : driveThroughput(caller, load);
}

/** Calls per second, with `outstanding` chains of calls that each start the next one when the last one returned. */
async function driveThroughput(caller: Caller, load: Load): Promise<Sample> {
  await keepOutstanding(caller, load.outstanding, load.warmUpMs);
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  const calls = await keepOutstanding(caller, load.outstanding, load.measureMs);
  const seconds = (performance.now() - startedMs) / 1000;
  return { value: calls / seconds, cpuNs: (processCpuNs() - cpuBefore) / calls };
}

async function keepOutstanding(caller: Caller, outstanding: number, ms: number): Promise<number> {
  let calls = 0;
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, ms);
  const chain = async (first: number): Promise<void> => {
    for (let id = first; !over; id++) {
      const reply = await caller.call({ id, key, by: id & 1023 });
      if (reply.id !== id) throw new Error(`asked ${id}, answered ${reply.id}`);
      calls++;
    }
  };
  try {
    await Promise.all(Array.from({ length: outstanding }, (_, index) => chain(index * 1_000_000)));
  } finally {
    clearTimeout(timer);
  }
  return calls;
}

/** The median round trip in microseconds, one call at a time. */
async function driveLatency(caller: Caller, load: Load): Promise<Sample> {
  await timeCalls(caller, load.warmUpMs);
  const cpuBefore = processCpuNs();
  const tookUs = await timeCalls(caller, load.measureMs);
  return {
    value: percentile(tookUs, 0.5),
    cpuNs: (processCpuNs() - cpuBefore) / tookUs.length,
    details: { p99: percentile(tookUs, 0.99) },
  };
}

async function timeCalls(caller: Caller, ms: number): Promise<Float64Array> {
  const tookUs = new Float64Array(latenciesMax);
  const untilMs = performance.now() + ms;
  let calls = 0;
  for (let now = performance.now(); now < untilMs && calls < latenciesMax; calls++) {
    const reply = await caller.call({ id: calls, key, by: 2 });
    const then = performance.now();
    if (reply.id !== calls) throw new Error(`asked ${calls}, answered ${reply.id}`);
    tookUs[calls] = (then - now) * 1000;
    now = then;
  }
  return tookUs.subarray(0, calls);
}
