import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot, workspacePackages } from '../scripts/workspace.ts';
import { importCircles } from './import-circles.ts';

const generated = new Set(['node_modules', 'dist', 'coverage', '.git', '.holdfast', 'pnpm-lock.yaml']);
const self = relative(repositoryRoot, import.meta.filename);

interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
}

const files: readonly SourceFile[] = listFiles(repositoryRoot)
  .map((path) => relative(repositoryRoot, path).replaceAll('\\', '/'))
  .filter((path) => path !== self)
  .map((path) => ({ path, lines: readFileSync(join(repositoryRoot, path), 'utf8').split('\n') }));
const sources = files.filter(({ path }) => /\.(ts|mjs|js)$/.test(path));
const kernels = sources.filter(({ path }) => /^packages\/(kernel\/src|[^/]+\/src\/kernel)\//.test(path));
const tests = sources.filter(({ path }) => path.endsWith('.test.ts'));

function listFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (generated.has(entry.name) || entry.name.endsWith('.tsbuildinfo')) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** `path:line: text` of every line that matches. */
function matches(among: readonly SourceFile[], pattern: RegExp): string[] {
  return among.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('protocol kernels', () => {
  test('exist where the rule looks for them', () => {
    expect(kernels.length).toBeGreaterThan(0);
  });

  test('do no I/O and know no clock, randomness, promise or thread', () => {
    const forbidden =
      /\bPromise\b|\basync |\bawait |set(Timeout|Interval|Immediate)\(|\bperformance\.|\bDate\.now|new Date\b|Math\.random|'node:|worker_threads|\bprocess\.|\bcrypto\.|\bAtomics\./;
    expect(matches(kernels, forbidden)).toEqual([]);
  });
});

describe('tests', () => {
  test('are neither skipped, singled out nor left for later', () => {
    expect(matches(tests, /\b(it|test|describe|suite)(\.\w+)*\.(skip|skipIf|only|todo|fails)\b/)).toEqual([]);
  });
});

describe('sources', () => {
  test('stay under 500 lines', () => {
    const long = sources.filter(({ lines }) => lines.length > 500).map(({ path, lines }) => `${path}: ${lines.length}`);
    expect(long).toEqual([]);
  });

  test('leave no note of unfinished work and silence no compiler', () => {
    expect(matches(sources, /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)/)).toEqual([]);
  });

  test('have names that say what is inside', () => {
    const vague = /^(utils?|helpers?|misc|common|shared|stuff)\./;
    expect(sources.filter(({ path }) => vague.test(basename(path))).map(({ path }) => path)).toEqual([]);
  });

  test('import sources by their .ts name', () => {
    const typescript = sources.filter(({ path }) => path.endsWith('.ts'));
    expect(matches(typescript, /^(import|export)\b.* from '\.[^']*(?<!\.ts)';/)).toEqual([]);
  });
});

/** Two things that are made of each other, in a file each: a call and its service, a service and the context it runs in. */
const circlesByNature = [
  [
    'packages/runtime/src/node/types.ts',
    'packages/runtime/src/service/define-service.ts',
    'packages/runtime/src/service/types.ts',
  ],
  ['packages/runtime/src/service/active-call.ts', 'packages/runtime/src/service/hosted-service.ts'],
];

describe('imports', () => {
  test('lead back to no file, but where two things are made of each other', () => {
    const modules = sources
      .filter(({ path }) => /^(packages|apps)\/[^/]+\/src\//.test(path))
      .map(({ path, lines }) => ({ path, text: lines.join('\n') }));
    expect(importCircles(modules)).toEqual(circlesByNature);
  });

  test('are followed through types and over several files', () => {
    const circle = [
      { path: 'a/one.ts', text: `import { two } from './two.ts';` },
      { path: 'a/two.ts', text: `import type {\n  Three,\n} from '../b/three.ts';` },
      { path: 'b/three.ts', text: `export { one } from '../a/one.ts';` },
    ];
    const beside = { path: 'b/four.ts', text: `import { one } from '../a/one.ts';` };
    expect(importCircles([...circle, beside])).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts']]);
    expect(importCircles([...circle.slice(1), beside])).toEqual([]);
  });
});

describe('packages', () => {
  const floors: ReadonlyMap<string, number> = new Map([
    ['@holdfast/kernel', 0],
    ['@holdfast/simulation', 1],
    ['@holdfast/runtime', 2],
    ['@holdfast/coherence', 3],
    ['@holdfast/raid', 3],
    ['@holdfast/volume', 4],
    ['@holdfast/nfs-state', 4],
    ['@holdfast/nfs-server', 5],
    ['@holdfast/bench', 6],
    ['holdfast', 6],
  ]);

  test.each(workspacePackages())('$name depends only on floors below', ({ name, directory, workspaceDependencies }) => {
    const floor = floors.get(name);
    expect(floor, `give ${name} a floor in this test`).toBeDefined();
    const imported = sources
      .filter(({ path }) => path.startsWith(`${directory}/src/`))
      .flatMap(({ lines }) => lines.flatMap((line) => / from '(@holdfast\/[\w-]+)/.exec(line)?.[1] ?? []));
    const notBelow = [...workspaceDependencies, ...imported].filter(
      (other) => other !== name && (floors.get(other) ?? Number.POSITIVE_INFINITY) >= Number(floor),
    );
    expect(notBelow).toEqual([]);
  });
});

describe('every file', () => {
  test('names no place of the machine it was written on', () => {
    const places = new Set([homedir(), repositoryRoot, dirname(repositoryRoot)]);
    for (const anywhere of ['/', tmpdir(), dirname(homedir())]) places.delete(anywhere);
    const found = [...places].flatMap((place) => {
      const outside = new RegExp(`(?<![\\w.-])${place.replaceAll(/[^\w/]/g, '\\$&')}(?![\\w-])`);
      return matches(files, outside);
    });
    expect(found).toEqual([]);
  });
});

describe('documents', () => {
  test('link only to files that exist', () => {
    const broken = files
      .filter(({ path }) => path.endsWith('.md'))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line) =>
          [...line.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
            .map(([, target = '']) => target)
            .filter((target) => !existsSync(join(repositoryRoot, dirname(path), target)))
            .map((target) => `${path}: ${target}`),
        ),
      );
    expect(broken).toEqual([]);
  });
});
