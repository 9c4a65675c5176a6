import { type Transferable, Worker } from 'node:worker_threads';
import type { NodeResourceLimits } from '../control/config.ts';
import { type ControlPort, controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import type { DeathCause } from '../events/cluster-event.ts';
import { bootKey, type NodeBoot } from './boot-data.ts';
import { workerExecArgv } from './worker-entry.ts';

/** How a thread ended. */
export interface ThreadEnd {
  readonly cause: Extract<DeathCause, 'exited' | 'failed' | 'out-of-memory'>;
  readonly exitCode: number;
  readonly error: unknown;
}

export interface NodeThreadOptions {
  readonly name: string;
  readonly entry: string;
  readonly boot: NodeBoot;
  readonly transfer: readonly Transferable[];
  readonly resourceLimits: NodeResourceLimits;
}

/** The thread of one node, from its start until its exit is heard. Exit, and nothing else, is death. */
export class NodeThread {
  readonly control: ControlPort<ToMember, FromMember>;
  /** Resolves when the thread has ended; never rejects. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;

  constructor({ name, entry, boot, transfer, resourceLimits }: NodeThreadOptions) {
    const worker = new Worker(new URL(entry), {
      name: `holdfast ${name}`,
      workerData: { [bootKey]: boot },
      transferList: [...transfer],
      resourceLimits: { ...resourceLimits },
      ...workerExecArgv(),
    });
    this.#worker = worker;
    this.control = controlPort(worker);
    this.ended = new Promise((resolve) => {
      let error: unknown;
      worker.on('error', (thrown) => {
        error = thrown;
      });
      worker.on('exit', (exitCode) => resolve({ cause: causeOf(error), exitCode, error }));
    });
  }

  /** Tell the thread to end. `ended` resolves when it did, which a blocked system call can put off for ever. */
  terminate(): void {
    void this.#worker.terminate();
  }

  /** Let the process end although this thread will not. */
  abandon(): void {
    this.#worker.unref();
  }
}

function causeOf(error: unknown): ThreadEnd['cause'] {
  if (error === undefined) return 'exited';
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory ? 'out-of-memory' : 'failed';
}
