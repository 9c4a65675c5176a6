import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const compiled = new Map<string, string>();

/**
 * A C program of `native/`, compiled when it is first asked for.
 * @param packages what to install when it does not compile
 */
export function nativeProgram(name: string, libraries: readonly string[], packages: string): string {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const source = join(import.meta.dirname, `../../native/${name}.c`);
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const output = join(directory, name);
  const links = libraries.map((library) => `-l${library}`);
  const { status, error } = spawnSync('cc', ['-O2', '-o', output, source, ...links], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`not installed: a C compiler with ${packages}`);
  compiled.set(name, output);
  return output;
}
