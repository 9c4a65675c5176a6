#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { coherenceArea } from './coherence/area.ts';
import { withResults } from './harness/document.ts';
import { hostLine } from './harness/host.ts';
import { run } from './harness/run.ts';
import { table } from './harness/table.ts';
import { nfsStateArea } from './nfs-state/area.ts';
import { raidArea } from './raid/area.ts';
import { runtimeArea } from './runtime/area.ts';

const areas = [runtimeArea, coherenceArea, raidArea, nfsStateArea];

interface Flags {
  readonly quick?: true;
  readonly only?: string;
  readonly json?: string;
  readonly document?: string;
}

const command = new Command('bench')
  .description('Measure Holdfast beside the peers a user would pick instead, in one run, taking turns.')
  .argument('[areas...]', `areas to measure: ${areas.map((area) => area.name).join(', ')} (default: all)`)
  .option('--quick', 'fewer and shorter rounds: a first look, not a record')
  .option('--only <text>', 'only questions whose name contains the text')
  .option('--json <file>', 'write the results as a list')
  .option('--document <file>', 'write the results between the markers of a Markdown document')
  .action(async (names: readonly string[], flags: Flags) => {
    const unknown = names.filter((name) => !areas.some((area) => area.name === name));
    if (unknown.length > 0)
      command.error(`unknown area: ${unknown.join(', ')}. Choose from ${areas.map((a) => a.name)}.`);
    const chosen = names.length === 0 ? areas : areas.filter((area) => names.includes(area.name));
    console.error(hostLine());
    const results = await run(chosen, {
      quick: flags.quick ?? false,
      ...(flags.only === undefined ? {} : { only: flags.only }),
      onProgress: (line) => console.error(line),
    });
    console.log(table(results));
    if (results.some((result) => result.ours === null)) process.exitCode = 1;
    if (flags.document !== undefined) {
      const today = new Date().toISOString().slice(0, 10);
      writeFileSync(flags.document, withResults(readFileSync(flags.document, 'utf8'), results, today));
    }
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  });

await command.parseAsync();
