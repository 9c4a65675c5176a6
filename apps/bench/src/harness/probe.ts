import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

const packageDirectory = join(import.meta.dirname, '../..');

/** A script of `src/probes/` that measures the process it runs in and prints its figures as JSON. */
export interface Probe<Figures> {
  readonly name: string;
  readonly figures: z.ZodType<Figures>;
}

/** `sources`: the .ts files by type stripping, as tests run them. `dist`: what is published. */
export type Form = 'sources' | 'dist';

/**
 * Run a probe in a process of its own. For questions about a whole process: its memory, its idle time, the time it
 * takes to come up.
 */
export async function runProbe<Figures>(
  { name, figures }: Probe<Figures>,
  form: Form,
  ...args: readonly number[]
): Promise<Figures> {
  const file = join(packageDirectory, form === 'dist' ? `dist/probes/${name}.js` : `src/probes/${name}.ts`);
  if (!existsSync(file)) throw new Error(`probe ${name} is not built: run pnpm build`);
  const condition = form === 'sources' ? ['-C', 'holdfast-src'] : [];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [...condition, '--expose-gc', file, ...args.map(String)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (exitCode !== 0) throw new Error(`probe ${name} ended with ${exitCode}`);
  return figures.parse(JSON.parse(output));
}
