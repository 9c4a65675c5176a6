import { traceStepsMax } from '../limits.ts';
import type { TracedStep } from './messages.ts';

/** Whose step it is: an I/O manager is the data IOM of some writes and the parity IOM of others. */
export type TracedRole = TracedStep['role'];

/** Notes the steps of the journaled writes of one object, while it is asked to. */
export class StepTrace {
  #gfid: number | undefined;
  #steps: TracedStep[] = [];
  /** Writes of the object, by role and number: of one that has ended only its number is known. */
  readonly #known = new Set<string>();

  /** Note the steps of this object from now on, in place of any other. */
  begin(gfid: number): void {
    this.end();
    this.#gfid = gfid;
  }

  /** What was noted; nothing more is. */
  end(): TracedStep[] {
    const steps = this.#steps;
    this.#gfid = undefined;
    this.#steps = [];
    this.#known.clear();
    return steps;
  }

  note(role: TracedRole, step: string, id: number, gfidOf: () => number | undefined): void {
    if (this.#gfid === undefined || this.#steps.length === traceStepsMax) return;
    const name = `${role} ${id}`;
    if (!this.#known.has(name) && gfidOf() !== this.#gfid) return;
    this.#known.add(name);
    this.#steps.push({ role, step, id, atMs: nowMs() });
  }
}

/** Of the clock that all threads of a machine share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
