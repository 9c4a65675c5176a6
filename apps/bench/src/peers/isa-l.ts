import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Budget, Contender, Sample } from '../harness/question.ts';

const source = join(import.meta.dirname, '../../native/isa-l.c');
const figures = z.object({ turns: z.number(), cpuNs: z.number() });

export interface EncodedGroups {
  readonly code: 'xor' | 'pq';
  readonly data: number;
  readonly slotBytes: number;
  readonly groups: number;
}

/** Intel's storage library, through a small C program that is compiled when it is first asked for. */
export const isaL = ({ code, data, slotBytes, groups }: EncodedGroups): Contender => ({
  name: 'ISA-L',
  round: async ({ warmUpMs, measureMs }: Budget): Promise<Sample> => {
    const args = [code, data, slotBytes, groups, warmUpMs, measureMs].map(String);
    const { status, stdout } = spawnSync(program(), args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the ISA-L program ended with ${status}`);
    const { turns, cpuNs } = figures.parse(JSON.parse(stdout));
    return { value: (turns * data * slotBytes) / cpuNs, cpuNs: cpuNs / turns };
  },
});

let compiled: string | undefined;

function program(): string {
  if (compiled === undefined) {
    const output = join(mkdtempSync(join(tmpdir(), 'holdfast-bench-')), 'isa-l');
    const { status, error } = spawnSync('cc', ['-O2', '-o', output, source, '-lisal'], { encoding: 'utf8' });
    if (error !== undefined || status !== 0)
      throw new Error('not installed: cc and ISA-L (apt install gcc libisal-dev)');
    compiled = output;
  }
  return compiled;
}
