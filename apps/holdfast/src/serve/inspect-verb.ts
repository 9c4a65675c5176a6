import { resolve } from 'node:path';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { columns } from '../terminal/columns.ts';
import { showBytes } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { askOnce } from './control-client.ts';

/** What `inspect` prints as JSON. */
export const InspectReport = z.object({
  key: z.string(),
  bytes: z.int(),
  degraded: z.boolean(),
  container: z.string(),
  defaultOwner: z.string(),
  owner: z.string().optional(),
  chain: z.array(z.string()),
  members: z.array(
    z.object({
      member: z.string(),
      known: z.boolean(),
      silent: z.boolean(),
      status: z.string().optional(),
      probOwner: z.string().optional(),
      version: z.int(),
      incarnation: z.int(),
      copyset: z.array(z.string()),
      readers: z.int(),
      isWritten: z.boolean(),
      waiting: z.int(),
      bytes: z.int(),
    }),
  ),
});

export interface InspectArguments {
  readonly store: string;
  readonly json?: boolean;
}

/** `holdfast inspect`: which node owns the index entry of an object, and who else knows of it. */
export async function runInspectVerb(key: string, given: InspectArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  try {
    const report = InspectReport.parse(await askOnce(resolve(given.store), { verb: 'inspect', key }));
    if (json) streams.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else showInspection(new Terminal(streams.stdout), report);
    return exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

function showInspection(terminal: Terminal, report: z.output<typeof InspectReport>): void {
  const { key, bytes, owner, defaultOwner, chain, members } = report;
  terminal.line(`${terminal.style('bold', key)}  ${showBytes(bytes)}${report.degraded ? ', degraded' : ''}`);
  terminal.line(`owner  ${owner ?? 'on its way'}  (looked for first on ${defaultOwner})`);
  terminal.line(`chain  ${chain.join(' → ')}`);
  terminal.line();
  const rows = members.map((each) => [
    each.member,
    each.silent ? 'no answer' : (each.status ?? ''),
    each.probOwner ?? '',
    each.known ? String(each.version) : '',
    each.copyset.join(' '),
  ]);
  for (const line of columns([['member', 'state', 'asks', 'version', 'copies'], ...rows], [3])) terminal.line(line);
}
