import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../fixtures/open-cluster.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** The modules each thread of a process loaded that started and closed a cluster of one node. */
async function loadedModules(): Promise<string[][]> {
  const directory = await scratchDirectory();
  const argv = ['--conditions=holdfast-src', '--import', fixture('record-modules.ts'), fixture('start-and-close.ts')];
  await promisify(execFile)(process.execPath, argv, { env: { ...process.env, RECORD_MODULES_IN: directory } });
  const files = await readdir(directory);
  return Promise.all(files.map(async (file) => (await readFile(join(directory, file), 'utf8')).trim().split('\n')));
}

describe('the boot of a node', () => {
  it('loads neither zod, Comlink, Piscina, msgpackr nor the whole of RxJS before its channels are ready', async () => {
    const threads = await loadedModules();
    const node = threads.find((modules) => modules.some((url) => url.endsWith('/src/node/boot.ts')));
    expect(node).toBeDefined();
    const packages = node?.map((url) => /\/node_modules\/(?!\.pnpm)(.+)$/.exec(url)?.[1] ?? '').filter(Boolean) ?? [];
    expect(packages.filter((name) => !name.startsWith('rxjs/dist/cjs/internal/'))).toEqual([]);
    expect(packages.length).toBeLessThan(24);
    const embedding = threads.find((modules) => modules.some((url) => url.endsWith('/start-and-close.ts')));
    expect(embedding?.some((url) => url.includes('/zod/'))).toBe(true);
  });
});
