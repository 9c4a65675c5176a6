import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import { nativeProgram } from './native-program.ts';

const figures = z.object({ turns: z.number(), cpuNs: z.number() });

export interface EncodedGroups {
  readonly code: 'xor' | 'pq';
  readonly data: number;
  readonly slotBytes: number;
  readonly groups: number;
}

/** Intel's storage library, through a small C program. */
export const isaL = ({ code, data, slotBytes, groups }: EncodedGroups): Contender => ({
  name: 'ISA-L',
  round: async ({ warmUpMs, measureMs }: Budget): Promise<Sample> => {
    const args = [code, data, slotBytes, groups, warmUpMs, measureMs].map(String);
    const program = nativeProgram('isa-l', ['isal'], 'ISA-L (apt install gcc libisal-dev)');
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the ISA-L program ended with ${status}`);
    const { turns, cpuNs } = figures.parse(JSON.parse(stdout));
    return { value: (turns * data * slotBytes) / cpuNs, cpuNs: cpuNs / turns };
  },
});
