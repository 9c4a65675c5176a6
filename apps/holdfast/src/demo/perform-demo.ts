import { errnoOf } from '../errno.ts';
import { SourceError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import { Interrupt } from '../interrupt.ts';
import { abandonTimeoutMs, stallMs } from '../limits.ts';
import type { Streams } from '../streams.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Timeline } from '../terminal/timeline.ts';
import { withinTime } from '../within-time.ts';
import { clusterGround } from './cluster-ground.ts';
import { Narrator } from './narrator.ts';
import type { DemoReport } from './report.ts';
import { Demo } from './run-demo.ts';
import { ScratchDirectory } from './scratch.ts';
import { StallWatch } from './stall-watch.ts';
import { printSummary } from './summary.ts';

export interface ResolvedArguments {
  readonly directory: string;
  readonly nodes: number;
  readonly seed: number;
  readonly exclude: readonly string[];
  /** The directory in which the store's directory is made. */
  readonly storage: string;
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
}

/** Runs the demo from the first look at the directory to the last line of the report, and cleans up on every way out. */
export async function performDemo(
  given: ResolvedArguments,
  streams: Streams,
  terminal: Terminal,
  timeline: Timeline,
): Promise<number> {
  using interrupt = new Interrupt();
  try {
    await using scratch = await makeScratch(given.storage, streams);
    const report = await runWatched(given, scratch.path, new Narrator(terminal, timeline), interrupt.signal);
    scratch.keep = given.keep;
    const exitCode = exitCodeOf(report);
    if (given.json) {
      const kept = given.keep ? { store: scratch.path } : {};
      streams.stdout.write(`${JSON.stringify({ ...report, ...kept, exitCode }, undefined, 2)}\n`);
    } else {
      printSummary(terminal, report, given.keep ? scratch.path : undefined);
    }
    return exitCode;
  } catch (error) {
    terminal.status('');
    return reportFailure(streams, error, given.json);
  }
}

async function runWatched(
  given: ResolvedArguments,
  storage: string,
  narrator: Narrator,
  interrupt: AbortSignal,
): Promise<DemoReport> {
  using watch = new StallWatch(stallMs, 'starting');
  const signal = AbortSignal.any([interrupt, watch.signal]);
  const demo = new Demo({ ...given, storage, listFiles: given.verbose }, clusterGround, narrator, watch, signal);
  try {
    return await watch.guard(demo.run(), interrupt);
  } catch (error) {
    await withinTime(demo.abandon(), abandonTimeoutMs);
    throw error;
  }
}

async function makeScratch(parent: string, streams: Streams): Promise<ScratchDirectory> {
  try {
    return await ScratchDirectory.in(parent, (path) => {
      streams.stderr.write(`holdfast: ${path} could not be removed; remove it once the disk answers again\n`);
    });
  } catch (cause) {
    throw SourceError.storageUnusable(parent, errnoOf(cause), cause);
  }
}

/** A mismatch outweighs what could not be read: the first means that data was lost. */
function exitCodeOf(report: DemoReport): number {
  const { lock } = report;
  const isLockLost = lock !== undefined && !(lock.stillHeld && lock.stillRefused && lock.differentBytes === 0);
  const isWrong =
    isLockLost ||
    report.mismatches > 0 ||
    report.manifest === 'different' ||
    (report.index?.different ?? 0) > 0 ||
    (report.overwrites?.different ?? 0) > 0 ||
    report.revived?.isWhole === false ||
    (report.mended?.lostGroups ?? 0) > 0 ||
    (report.processDeath?.different ?? 0) > 0;
  if (isWrong) return exitCodes.failed;
  return report.unreadable > 0 ? exitCodes.incomplete : exitCodes.ok;
}
