import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import { nativeProgram } from './native-program.ts';
import { RawFiles } from './raw-files.ts';

const figures = z.object({ writes: z.number(), p50: z.number(), p99: z.number(), cpuNs: z.number() });
const run = promisify(execFile);

/** So many threads that each write 4 KiB at random places of a file and flush it, through a small C program. */
export async function overwriteFiles(files: readonly string[], threads: number, budget: Budget): Promise<Sample> {
  const { warmUpMs, measureMs } = budget;
  const program = nativeProgram('overwrites', ['pthread'], 'POSIX threads (apt install gcc)');
  const { stdout } = await run(program, [`${threads}`, `${warmUpMs}`, `${measureMs}`, ...files]);
  const { writes, p50, p99, cpuNs } = figures.parse(JSON.parse(stdout));
  return { value: (writes * 1000) / measureMs, cpuNs: cpuNs / writes, details: { 'µs, p50': p50, 'µs, p99': p99 } };
}

/** The drives of an array without the array: one plain file each. */
export const rawOverwrites = (drives: number, bytesEach: number, threads: number): Contender => ({
  name: 'raw pwrite and fdatasync',
  round: async (budget) => {
    await using files = await RawFiles.open(drives);
    await files.write(bytesEach);
    return await overwriteFiles(files.names, threads, budget);
  },
});
