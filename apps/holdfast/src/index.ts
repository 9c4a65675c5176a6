/**
 * The `holdfast` command as a function, for programs that want to run it without a process of its own.
 *
 * @example
 * ```ts
 * import { runCommand } from 'holdfast';
 * process.exitCode = await runCommand(['demo', '.', '--json'], process);
 * ```
 *
 * @packageDocumentation
 */
export { runCommand } from './command.ts';
export type { DemoReport, KilledAt, ListedFile, Phase } from './demo/report.ts';
export { exitCodes } from './exit-codes.ts';
export type { StatusReport } from './serve/status-report.ts';
export type { Streams } from './streams.ts';
