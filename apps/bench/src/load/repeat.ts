import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Sample } from '../harness/question.ts';

/** Looking at the clock takes a few percent of the shortest turns. */
const turnsPerLook = 16;

/** Per second of CPU time, which other work on the machine disturbs less than time on the wall. */
export function bytesPerCpuSecond(
  { warmUpMs, measureMs }: Budget,
  bytesPerTurn: number,
  work: (turn: number) => void,
): Sample {
  repeat(warmUpMs, work);
  const cpuBefore = processCpuNs();
  const turns = repeat(measureMs, work);
  const cpuNs = processCpuNs() - cpuBefore;
  return { value: (turns * bytesPerTurn) / cpuNs, cpuNs: cpuNs / turns };
}

function repeat(ms: number, work: (turn: number) => void): number {
  const untilMs = performance.now() + ms;
  let turns = 0;
  while (performance.now() < untilMs) {
    for (let turn = 0; turn < turnsPerLook; turn++) work(turns++);
  }
  return turns;
}
