import { Worker } from 'node:worker_threads';
import type { ClusterConfig, NodeResourceLimits } from '../control/config.ts';
import { type ControlPort, controlPort, type FromMember, type ToMember } from '../control/messages.ts';
import type { DeathCause } from '../events/cluster-event.ts';
import { wireTransfers } from '../interconnect/wires.ts';
import { type MemberSlot, memberName } from '../member.ts';
import { bootKey, type MemberBoot, type NodeBoot } from './boot-data.ts';
import { workerExecArgv } from './worker-entry.ts';

/** How a thread ended. */
export interface ThreadEnd {
  readonly cause: Extract<DeathCause, 'exited' | 'failed' | 'out-of-memory'>;
  readonly exitCode: number;
  readonly error: unknown;
}

interface NodeThreadOptions {
  readonly name: string;
  readonly entry: string;
  readonly resourceLimits: NodeResourceLimits;
}

/**
 * The thread of one node, from its start until its exit is heard. Exit, and nothing else, is death. It boots at once, and
 * becomes a member when it is welcomed.
 */
export class NodeThread {
  readonly control: ControlPort<ToMember, FromMember>;
  /** Resolves when the thread has ended; never rejects. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;

  constructor({ name, entry, resourceLimits }: NodeThreadOptions) {
    const boot: NodeBoot = { role: 'node' };
    const worker = new Worker(new URL(entry), {
      name: `holdfast ${name}`,
      workerData: { [bootKey]: boot },
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

  /** Give the thread its place. Once, before any other message. */
  welcome(boot: MemberBoot): void {
    const transfer = boot.wires.flatMap(({ ends }) => wireTransfers(ends));
    this.control.post({ type: 'welcome', boot }, transfer);
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

/** Start the thread of a node of this cluster. */
export function startThread({ workerUrl, resourceLimits }: ClusterConfig, slot: MemberSlot): NodeThread {
  return new NodeThread({ name: memberName(slot), entry: workerUrl, resourceLimits });
}

function causeOf(error: unknown): ThreadEnd['cause'] {
  if (error === undefined) return 'exited';
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory ? 'out-of-memory' : 'failed';
}
