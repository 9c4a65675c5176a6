import { type RecordedHistory, recordHistory } from '@holdfast/coherence/history';
import { historyText } from '@holdfast/simulation';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import type { Streams } from '../streams.ts';
import { showCount } from '../terminal/figures.ts';
import { Terminal } from '../terminal/terminal.ts';
import { ResultFile } from './result-file.ts';

export interface HistoryArguments {
  readonly nodes: number;
  readonly calls: number;
  readonly keys: number;
  readonly clients: number;
  readonly kills: number;
  readonly away: number;
  readonly seed: number;
  readonly json?: string;
}

/** One call in so many is on the hot object. */
const hotEvery = 10;

/** `holdfast history`: records what worker threads do to a container while nodes die, and looks for an order of it. */
export async function runHistoryVerb(
  { clients, away, json, ...load }: HistoryArguments,
  streams: Streams,
): Promise<number> {
  const terminal = new Terminal(streams.stdout);
  try {
    using file = ResultFile.at(json);
    const recorded = await recordHistory({
      ...load,
      clientsPerNode: clients,
      awayMs: away,
      hotEvery,
      onProgress: (count) => terminal.status(`${showCount(count)} of ${showCount(load.calls)} calls recorded`),
    });
    terminal.status('');
    file?.write([recorded]);
    const { verdict } = recorded.report;
    for (const line of linesOf(load, recorded)) terminal.line(line);
    return verdict === 'ok' ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    terminal.status('');
    return reportFailure(streams, error, false);
  }
}

function linesOf(load: Omit<HistoryArguments, 'clients' | 'away'>, recorded: RecordedHistory): string[] {
  const { report, errors, kills, callsOnHotKey, recordMs, checkMs } = recorded;
  const failed = Object.entries(errors).map(([code, count]) => `${code} ${showCount(count)}`);
  const perSecond = showCount(Math.round((1000 * report.operations) / recordMs));
  return [
    historyText(report),
    `  ${load.nodes} nodes, ${kills} kills, ${showCount(callsOnHotKey)} calls on the hot object, seed ${load.seed}`,
    `  recorded in ${(recordMs / 1000).toFixed(1)} s (${perSecond} calls/s), checked in ${(checkMs / 1000).toFixed(1)} s`,
    `  calls that failed: ${failed.length === 0 ? 'none' : failed.join(', ')}`,
  ];
}
