import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(import.meta.resolve('../src/main.ts'));

/**
 * Every thread of every process would strip the types of the same sources again: most of what these tests cost. Node
 * keeps the result here, by the content of the file.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url)),
};

export interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user runs it: a process of its own, without a terminal. */
export class SpawnedCommand {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<Outcome>;

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ['-C', 'holdfast-src', main, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...compileCache, FORCE_COLOR: undefined, ...env },
    });
    this.child.stdout.on('data', (chunk) => {
      this.#stdout += chunk;
      for (const look of this.#waiting) look();
    });
    this.child.stderr.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#ended = this.#end();
  }

  /** Resolves with the end of the process. */
  ended(): Promise<Outcome> {
    return this.#ended;
  }

  /** Resolves once `pattern` was printed on standard output; rejects when the process ends without. */
  async printed(pattern: RegExp): Promise<void> {
    const seen = Promise.withResolvers<void>();
    const look = () => {
      if (pattern.test(this.#stdout)) seen.resolve();
    };
    this.#waiting.add(look);
    look();
    const missed = this.#ended.then(({ stdout, stderr }) => {
      if (!pattern.test(stdout)) throw new Error(`${pattern} was never printed:\n${stdout}\n${stderr}`);
    });
    await Promise.race([seen.promise, missed]);
    this.#waiting.delete(look);
  }

  async #end(): Promise<Outcome> {
    const [exitCode, signal] = (await once(this.child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal, stdout: this.#stdout, stderr: this.#stderr };
  }
}

export function holdfast(...argv: string[]): Promise<Outcome> {
  return new SpawnedCommand(argv).ended();
}
