import { closeSync, openSync, readSync } from 'node:fs';
import {
  parseScenario,
  runScenario,
  type Scenario,
  ScenarioError,
  type ScenarioReport,
  scenarioBytesMax,
  stepText,
} from '@holdfast/coherence/scenario';
import { errnoOf } from '../errno.ts';
import { UsageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { reportFailure } from '../failure.ts';
import { readChunkBytes } from '../limits.ts';
import type { Streams } from '../streams.ts';
import { Terminal } from '../terminal/terminal.ts';

export interface ScenarioArguments {
  readonly files: readonly string[];
  /** Only what failed, and a verdict for each file. */
  readonly quiet?: boolean;
  readonly json?: boolean;
}

interface ScenarioFile {
  readonly file: string;
  readonly scenario: Scenario;
}

/** `holdfast scenario`: drives the coherence kernel by hand. All files are read before the first runs. */
export async function runScenarioVerb(given: ScenarioArguments, streams: Streams): Promise<number> {
  const json = given.json ?? false;
  try {
    const files = given.files.map(readScenario);
    const terminal = json ? undefined : new Terminal(streams.stdout);
    const reports = files.map((file) => ({ file: file.file, ...runFile(file, given.quiet ?? false, terminal) }));
    const passed = reports.filter((report) => report.passed).length;
    if (json) {
      const document = { passed: passed === reports.length, scenarios: reports };
      streams.stdout.write(`${JSON.stringify(document)}\n`);
    }
    terminal?.line(`${passed} of ${reports.length} scenarios passed`);
    return passed === reports.length ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    return reportFailure(streams, error, json);
  }
}

function readScenario(file: string): ScenarioFile {
  try {
    return { file, scenario: parseScenario(readText(file)) };
  } catch (error) {
    if (error instanceof ScenarioError) throw new UsageError(`${file}: ${error.problem}`, error.hint);
    throw new UsageError(`${file} cannot be read (${errnoOf(error)}).`, 'Name scenario files.');
  }
}

/** A little more than a scenario may have, however long the file is: some never end. */
function readText(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    while (bytes <= scenarioBytesMax) {
      const chunk = Buffer.alloc(readChunkBytes);
      const read = readSync(descriptor, chunk);
      if (read === 0) break;
      bytes += read;
      chunks.push(chunk.subarray(0, read));
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

function runFile({ file, scenario }: ScenarioFile, quiet: boolean, terminal: Terminal | undefined): ScenarioReport {
  terminal?.line(terminal.style('bold', file));
  const report = runScenario(scenario, (step) => {
    if (terminal === undefined || (quiet && step.passed)) return;
    terminal.line(step.passed ? stepText(step) : terminal.style('red', stepText(step)));
  });
  terminal?.line(verdict(report, terminal));
  return report;
}

function verdict({ passed, steps, stepsNotRun }: ScenarioReport, terminal: Terminal): string {
  if (passed) return terminal.style('green', `✓ passed, ${steps.length} steps`);
  const failed = steps.filter((step) => !step.passed).length;
  const rest = stepsNotRun === 0 ? '' : `; ${stepsNotRun} after it were not run`;
  return terminal.style('red', `✗ failed: ${failed} of ${steps.length} steps${rest}`);
}
