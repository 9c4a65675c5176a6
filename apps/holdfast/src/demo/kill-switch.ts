import { killAttemptsMax } from '../limits.ts';
import { printable } from '../tree/name.ts';
import type { ArmedKill, DemoBed } from './bed.ts';
import type { FileRecord } from './file-record.ts';
import type { KillPlan } from './kill-plan.ts';

/** Where a node died, and what the store had taken by then. */
export interface Kill {
  readonly node: string;
  readonly file: string;
  readonly step: string;
  /** Bytes that had been handed to the store and may have been safe: at most this much was. */
  readonly bytesBefore: number;
}

/**
 * Kills the planned node while the planned file is being stored.
 *
 * Files that are on their way already go on meanwhile; files after the planned one wait until the node is dead, so that
 * what counts as stored after the kill is beyond doubt. A file that puts no block on the node (a small one, an empty
 * one, one that cannot be read) hands the plan to the next file; after some of those the node dies between two files.
 */
export class KillSwitch {
  readonly #node: string;
  readonly #bed: Pick<DemoBed, 'armKill' | 'kill'>;
  readonly #onKilled: (kill: Kill) => void;
  readonly #lastFile: number;
  #file: number;
  #passes: number;
  /** Settles when it is the next file's turn, or the node is dead. */
  #turn = Promise.withResolvers<void>();
  #attempts = 0;
  #armed: ArmedKill | undefined;
  #bytesBefore = 0;
  #bytesOfFile = 0;
  #kill: Kill | undefined;

  constructor(plan: KillPlan, files: number, bed: Pick<DemoBed, 'armKill' | 'kill'>, onKilled: (kill: Kill) => void) {
    this.#node = plan.node;
    this.#file = plan.file;
    this.#passes = plan.passes;
    this.#lastFile = files - 1;
    this.#bed = bed;
    this.#onKilled = onKilled;
    this.#turn.promise.catch(() => {});
  }

  get kill(): Kill | undefined {
    return this.#kill;
  }

  /** Arms the switch when the planned file begins, and holds back the files after it until the node is dead. */
  async beforeFile(record: FileRecord, index: number): Promise<void> {
    while (index > this.#file && this.#kill === undefined) await this.#turn.promise;
    if (index !== this.#file || this.#kill !== undefined) return;
    this.#armed = await this.#bed.armKill(this.#node, record.key, this.#passes);
    this.#armed.killed.then(
      () => {
        // Of a file in its first store nothing was safe; of a later one all that was handed over may have been.
        if (this.#passes > 0) this.#bytesBefore += this.#bytesOfFile;
        this.#died(record, 'its block was written and not yet made durable (before fdatasync)');
      },
      (error: unknown) => this.giveUp(error),
    );
  }

  onBytes(index: number, bytes: number): void {
    if (this.#kill !== undefined) return;
    if (index === this.#file) this.#bytesOfFile += bytes;
    else this.#bytesBefore += bytes;
  }

  async afterFile(record: FileRecord, index: number): Promise<void> {
    if (index !== this.#file || this.#kill !== undefined) return;
    if (this.#armed !== undefined && !(await this.#armed.disarm())) return this.#armed.killed;
    this.#bytesBefore += this.#bytesOfFile;
    this.#bytesOfFile = 0;
    if (++this.#attempts === killAttemptsMax || index === this.#lastFile) {
      await this.#bed.kill(this.#node);
      this.#died(record, 'right after it was stored: neither it nor the files before it put a block on that node');
      return;
    }
    this.#file++;
    this.#passes = 0;
    const turn = this.#turn;
    this.#turn = Promise.withResolvers();
    this.#turn.promise.catch(() => {});
    turn.resolve();
  }

  /** Lets go of the files that wait: the phase has failed. */
  giveUp(error: unknown): void {
    this.#turn.reject(error);
  }

  #died(record: FileRecord, step: string): void {
    this.#kill = { node: this.#node, file: printable(record.entry.path), step, bytesBefore: this.#bytesBefore };
    this.#onKilled(this.#kill);
    this.#turn.resolve();
  }
}
