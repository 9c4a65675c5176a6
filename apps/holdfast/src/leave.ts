import { leaveTimeoutMs } from './limits.ts';

/**
 * Ends the process with `exitCode` when something keeps it alive after its work is done: a thread that hangs in a system
 * call on a dead disk or mount. Costs nothing when nothing does.
 */
export function leaveWhenHung(exitCode: number): void {
  setTimeout(() => {
    process.stderr.write('holdfast: a thread hangs in the system; leaving without it\n');
    // process.exit() would wait for the hung thread. Replacing the program does not.
    process.execve?.('/bin/sh', ['sh', '-c', `exit ${exitCode}`], {});
    process.exit(exitCode);
  }, leaveTimeoutMs).unref();
}
