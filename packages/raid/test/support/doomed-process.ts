import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Run a program of this folder until it has said so many lines, then kill it with SIGKILL; all it said is what happened. */
export async function runUntilDeath(
  program: string,
  args: readonly string[],
  lines: number,
  heard: (line: string) => void,
): Promise<void> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, ['--conditions=holdfast-src', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let rest = '';
  let said = 0;
  for await (const chunk of child.stdout) {
    const whole = (rest + String(chunk)).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      heard(line);
      if (++said === lines) child.kill('SIGKILL');
    }
  }
  const [, signal] = await gone;
  if (signal !== 'SIGKILL') throw new Error(`The program ${program} ended by itself after ${said} lines.`);
}
