import { resolve } from 'node:path';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { columns } from '../terminal/columns.ts';
import { showBytes } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { askOnce } from './control-client.ts';
import { StatusReport } from './status-report.ts';

export interface StatusArguments {
  readonly directory: string;
  readonly json?: boolean;
}

/** `holdfast status`: asks the process that serves a directory how its nodes and its array are. */
export async function runStatusVerb(given: StatusArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  try {
    const report = StatusReport.parse(await askOnce(resolve(given.directory), { verb: 'status' }));
    if (json) streams.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    else showStatus(new Terminal(streams.stdout), report);
    // Degraded is safe; beyond what parity covers data cannot be read.
    return report.array?.state === 'failed' ? exitCodes.failed : exitCodes.ok;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

function showStatus(terminal: Terminal, report: StatusReport): void {
  const { state, pid, storage, uptimeSeconds, cluster, array } = report;
  terminal.line(`${terminal.style('bold', storage)}  ${state} for ${showUptime(uptimeSeconds)}  pid ${pid}`);
  if (array !== undefined) {
    const style = array.state === 'healthy' ? 'green' : array.state === 'degraded' ? 'yellow' : 'red';
    const layout = `${array.data} data + ${array.parity} parity`;
    terminal.line(
      `array  ${terminal.style(style, array.state)}  ${layout}  ${showBytes(array.bytesUsed)} on its drives`,
    );
  }
  if (cluster === undefined) return;
  terminal.line();
  const rows = cluster.nodes.map(({ name, state: node, drive, incarnation, bytesUsed, whyBuffered }) => {
    const transfers = bytesUsed === undefined ? '' : whyBuffered === undefined ? 'direct' : 'buffered';
    return [name, node, drive, String(incarnation), bytesUsed === undefined ? '' : showBytes(bytesUsed), transfers];
  });
  const heads = ['node', 'thread', 'drive', 'incarnation', 'used', 'transfers'];
  for (const line of columns([heads, ...rows], [3, 4])) terminal.line(line.trimEnd());
  const reasons = new Set(cluster.nodes.flatMap(({ whyBuffered }) => whyBuffered ?? []));
  for (const why of reasons) terminal.line(`buffered: ${why}`);
}

function showUptime(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const from = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(from === -1 ? 3 : from)
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
