/**
 * Writes the JavaScript of the packages that every node loads: one file per entry of their manifests, and a chunk for what
 * each kind of thread boots with. A thread that reads 5 files instead of 100 starts in half the time. `tsc -b` has written
 * the types.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { repositoryRoot } from './workspace.ts';

const bundled = ['packages/kernel', 'packages/runtime', 'packages/raid'];

/** What a thread loads together, by the modules it begins with; what they import comes with them. The first that fits. */
const bootChunks = [
  {
    name: 'thread',
    test: startsWith(
      'supervisor/node-thread',
      'control/(error-wire|deadline|comlink-endpoint)',
      'memory/page-(table|range)',
      'node/signals',
      'interconnect/ring-space',
      'exchange/types',
      'events/(cluster-event|event-outbox)',
      '(channel|compute)/errors',
    ),
  },
  { name: 'events', test: startsWith('events/event-hub') },
  { name: 'node', test: startsWith('node/member-thread') },
  { name: 'services', test: startsWith('node/become-member') },
  { name: 'options', test: startsWith('cluster/(options|deployment)') },
  { name: 'store', test: startsWith('coord/embedded-store') },
  { name: 'supervisor', test: startsWith('supervisor/supervisor-control') },
].map((chunk, index, all) => ({ ...chunk, priority: all.length - index }));

/**
 * Libraries of which a module takes a copy of its own, of the parts it uses: nothing made by it leaves the module. Loaded
 * as they are, zod costs 65 ms of CPU and RxJS's Subject 7 ms, in files.
 */
const ownCopies: readonly { readonly of: string; readonly by: RegExp }[] = [
  { of: 'zod', by: /runtime\/src\/cluster\// },
  { of: 'rxjs/internal/Subject', by: /runtime\/src\/exchange\/demultiplexer\.ts$/ },
];

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly 'holdfast-src': string; readonly default: string }>>;
}

for (const directory of bundled.map((relative) => join(repositoryRoot, relative))) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  const entries = Object.values(manifest.exports).map((entry) => [
    entry.default.replace('./dist/', '').replace('.js', ''),
    join(directory, entry['holdfast-src']),
  ]);
  const dist = join(directory, 'dist');
  removeScripts(dist);
  const bundle = await rolldown({
    input: Object.fromEntries(entries) as Record<string, string>,
    platform: 'node',
    // Without `node`, by which RxJS offers CommonJS.
    resolve: { conditionNames: ['es2015', 'import', 'default'] },
    // Other packages stay imports: a class must be the same one for everybody in the thread.
    external: (id, importer) => !id.startsWith('.') && !id.startsWith('/') && !ownCopy(id, importer ?? ''),
  });
  await bundle.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: { groups: bootChunks },
  });
  await bundle.close();
}

function startsWith(...modules: readonly string[]): RegExp {
  return new RegExp(`/runtime/src/(${modules.join('|')})\\.ts$`);
}

function ownCopy(id: string, importer: string): boolean {
  return ownCopies.some(({ of, by }) => of === id && by.test(importer));
}

function removeScripts(dist: string): void {
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.js(\.map)?$/.test(path)) rmSync(join(dist, path));
  }
}
