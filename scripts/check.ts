/**
 * Everything that must hold before a commit and is not a test: style, types, unused code, manifests, the published form.
 * Every step runs even when an earlier one failed. `--json FILE` writes a list of `{name, passed, seconds}`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { repositoryRoot, workspacePackages } from './workspace.ts';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const steps: readonly Step[] = [
  { name: 'style', command: ['biome', 'ci', '--colors=off', '.'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'bundles', command: ['node', 'scripts/bundle.ts'] },
  { name: 'unused code', command: ['knip'] },
  ...workspacePackages().map(
    (member): Step => ({ name: `manifest ${member.name}`, command: ['publint', '--strict', member.directory] }),
  ),
  { name: 'published form', command: ['node', 'scripts/published-form.ts'] },
];

const { values } = parseArgs({ options: { json: { type: 'string' } } });

const results = steps.map(({ name, command: [program, ...args] }) => {
  console.log(`\n== ${name}: ${[program, ...args].join(' ')}`);
  const startedMs = performance.now();
  const run = spawnSync(program, args, { cwd: repositoryRoot, stdio: 'inherit' });
  if (run.error !== undefined) console.error(run.error.message);
  return { name, passed: run.status === 0, seconds: Math.round(performance.now() - startedMs) / 1000 };
});

console.log();
for (const { name, passed, seconds } of results) console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
process.exitCode = results.every((result) => result.passed) ? 0 : 1;
