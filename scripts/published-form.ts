/**
 * Packs every package, installs the tarballs together into an empty folder outside the repository, and uses them as a
 * stranger would: the README's example must type-check and run on this Node, so must every program of `examples/` and the
 * command's demo, and an older Node must be told what to do.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleFiles } from './readme-example.ts';
import { repositoryRoot, workspacePackages } from './workspace.ts';

const oldNode = 'node@20.20.2';
const stepSecondsMax = 180;

const scratch = mkdtempSync(join(tmpdir(), 'holdfast-published-'));
try {
  usePublishedForm();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function usePublishedForm(): void {
  run('build', repositoryRoot, 'pnpm', 'build');
  const app = join(scratch, 'app');
  mkdirSync(app);
  installTarballs(app, packAll());

  const example = exampleFiles(readFileSync(join(repositoryRoot, 'README.md'), 'utf8'));
  const main = example.at(-1);
  if (main === undefined) throw new Error('README.md has no code block that starts with a file name: add its example.');
  for (const file of example) writeFileSync(join(app, file.name), file.text);
  run('README example: types', app, join(repositoryRoot, 'node_modules/.bin/tsc'), '-p', '.');
  console.log(run('README example: run', app, process.execPath, main.name));

  runExamples(app);
  run('the demo', app, process.execPath, 'node_modules/holdfast/dist/main.js', 'demo', 'examples');

  writeFileSync(
    join(app, 'old.mjs'),
    `import { Cluster } from '@holdfast/runtime';\nawait Cluster.start({ nodes: 1 });\n`,
  );
  expectRefusal('Cluster.start on an older Node', app, 'old.mjs');
  expectRefusal('the command on an older Node', app, 'node_modules/holdfast/dist/main.js', 'demo');
}

/** Each that is no part of another: they lie side by side. */
function runExamples(app: string): void {
  const directory = join(app, 'examples');
  const isSource = (name: string) => name.endsWith('.ts');
  cpSync(join(repositoryRoot, 'examples'), directory, {
    recursive: true,
    filter: (path) => !/node_modules|package\.json|tsconfig\.json/.test(path.slice(repositoryRoot.length)),
  });
  const sources = readdirSync(directory).filter(isSource);
  const isPart = (name: string) =>
    sources.some((other) => readFileSync(join(directory, other), 'utf8').includes(`./${name}`));
  for (const program of sources.filter((name) => !isPart(name))) {
    run(`examples/${program}`, directory, process.execPath, program);
  }
}

/** Tarball path by package name. */
function packAll(): ReadonlyMap<string, string> {
  const tarballs = new Map<string, string>();
  for (const member of workspacePackages()) {
    const directory = join(repositoryRoot, member.directory);
    run(`pack ${member.name}`, directory, 'pnpm', 'pack', '--pack-destination', scratch);
    tarballs.set(member.name, join(scratch, `${member.name.replace('@', '').replace('/', '-')}-${member.version}.tgz`));
  }
  return tarballs;
}

function installTarballs(app: string, tarballs: ReadonlyMap<string, string>): void {
  const root = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const runtime = JSON.parse(readFileSync(join(repositoryRoot, 'packages/runtime/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...files, rxjs: runtime.dependencies.rxjs, zod: runtime.dependencies.zod },
    devDependencies: { '@types/node': root.devDependencies['@types/node'] },
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest, null, 2));
  // The packages name each other by version, and no registry has that version: the tarballs stand in.
  writeFileSync(
    join(app, 'pnpm-workspace.yaml'),
    JSON.stringify({ overrides: files, allowBuilds: { 'msgpackr-extract': false, lmdb: false } }),
  );
  writeFileSync(
    join(app, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable', 'dom'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        erasableSyntaxOnly: true,
      },
      include: ['*.ts'],
    }),
  );
  run('install', app, 'pnpm', 'install', '--prefer-offline', '--no-frozen-lockfile');
}

function expectRefusal(what: string, app: string, ...args: readonly string[]): void {
  const { status, output } = start(app, 'npx', '-y', oldNode, ...args);
  if (status === 0) throw new Error(`${what}: ended well, where it should say that it needs a newer Node.\n${output}`);
  if (!/needs Node 24/.test(output)) throw new Error(`${what}: does not say that it needs Node 24.\n${output}`);
  console.log(`ok ${what}: refused with a clear message`);
}

function run(what: string, directory: string, program: string, ...args: readonly string[]): string {
  const { status, output } = start(directory, program, ...args);
  if (status !== 0) throw new Error(`${what}: ${program} ${args.join(' ')} ended with ${status}\n${output}`);
  console.log(`ok ${what}`);
  return output;
}

function start(directory: string, program: string, ...args: readonly string[]): { status: number; output: string } {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawnSync(program, args, { cwd: directory, env, encoding: 'utf8', timeout: stepSecondsMax * 1000 });
  if (child.error !== undefined) throw child.error;
  return { status: child.status ?? 1, output: child.stdout + child.stderr };
}
