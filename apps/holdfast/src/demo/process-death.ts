import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doomedAnswers, doomedBootMs, doomedOverwritingMs } from '../limits.ts';
import type { LedgerOracle } from './ledger-oracle.ts';

export interface DoomedOptions {
  readonly storage: string;
  readonly nodes: number;
  readonly gfid: string;
  readonly seed: number;
}

/** The same form as this file: source or dist. */
const extension = extname(import.meta.filename);
const program = fileURLToPath(new URL(`./doomed-writer${extension}`, import.meta.url));
const conditions = extension === '.ts' ? ['-C', 'holdfast-src'] : [];

/**
 * Have another process open the store and overwrite blocks, and kill it with SIGKILL in the middle.
 * @returns how many overwrites it was answered
 */
export async function dieOverwriting(
  { storage, nodes, gfid, seed }: DoomedOptions,
  oracle: LedgerOracle,
): Promise<number> {
  const child = spawn(process.execPath, [...conditions, program, storage, `${nodes}`, gfid, `${seed}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What this process has compiled that one need not compile again.
    env: { ...process.env, NODE_COMPILE_CACHE: getCompileCacheDir() },
  });
  const gone = once(child, 'exit');
  const killIn = (ms: number) => setTimeout(() => child.kill('SIGKILL'), ms);
  const timers = [killIn(doomedBootMs)];
  let answered = 0;
  let rest = '';
  try {
    for await (const chunk of child.stdout) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [verb, block = 0, content = 0] = line
          .split(' ')
          .map((part, index) => (index === 0 ? part : Number(part)));
        if (verb === 'begin') oracle.begin(Number(block), Number(content));
        if (verb !== 'answered') continue;
        oracle.answered(Number(block), Number(content));
        answered++;
        if (answered === 1) timers.push(killIn(doomedOverwritingMs));
        if (answered === doomedAnswers) child.kill('SIGKILL');
      }
    }
    await gone;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    child.kill('SIGKILL');
  }
  return answered;
}
