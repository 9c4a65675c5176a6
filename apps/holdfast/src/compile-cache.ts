import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keep what V8 compiles for the next start of the command, in this user's cache directory. A cache that cannot be
 * written is done without.
 */
export function keepCompiledCode(environment: NodeJS.ProcessEnv = process.env): void {
  try {
    enableCompileCache(cacheDirectory(environment));
  } catch {
    // A user without a home, or a directory that is not there or not writable: the command compiles again.
  }
}

/**
 * `holdfast/compiled` below XDG_CACHE_HOME, else below ~/.cache, made when missing. Step by step, and only below what is
 * there: Node's own way never comes back on a file system such as /proc.
 * @throws what the file system answers
 */
function cacheDirectory({ XDG_CACHE_HOME: given }: NodeJS.ProcessEnv): string {
  const base = given?.startsWith('/') ? given : made(join(homedir(), '.cache'));
  const directory = made(join(made(join(base, 'holdfast')), 'compiled'));
  accessSync(directory, constants.W_OK);
  return directory;
}

function made(directory: string): string {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(directory, { mode: 0o700 });
  return directory;
}
