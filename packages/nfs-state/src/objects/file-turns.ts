import { FileBusyError } from '../errors.ts';
import { callsPerFileMax } from '../limits.ts';

interface Turn {
  readonly alone: boolean;
  readonly begin: () => void;
}

interface Queue {
  running: number;
  alone: boolean;
  readonly waiting: Turn[];
}

/**
 * Turns of calls on files. Those that share run side by side, one that is alone waits for all before it and holds up all
 * after it; they begin in the order they came.
 */
export class FileTurns {
  readonly #queues = new Map<string, Queue>();

  /** @throws FileBusyError when `callsPerFileMax` wait. */
  async run<Value>(file: string, how: 'shared' | 'alone', work: () => Promise<Value>): Promise<Value> {
    let queue = this.#queues.get(file);
    if (queue === undefined) {
      queue = { running: 0, alone: false, waiting: [] };
      this.#queues.set(file, queue);
    }
    await this.#enter(file, queue, how === 'alone');
    try {
      return await work();
    } finally {
      this.#leave(file, queue);
    }
  }

  async #enter(file: string, queue: Queue, alone: boolean): Promise<void> {
    if (queue.waiting.length === 0 && mayRun(queue, alone)) {
      start(queue, alone);
      return;
    }
    if (queue.waiting.length === callsPerFileMax) throw new FileBusyError(file, callsPerFileMax);
    await new Promise<void>((resolve) => queue.waiting.push({ alone, begin: resolve }));
  }

  #leave(file: string, queue: Queue): void {
    queue.running--;
    queue.alone = false;
    for (;;) {
      const next = queue.waiting[0];
      if (next === undefined || !mayRun(queue, next.alone)) break;
      queue.waiting.shift();
      start(queue, next.alone);
      next.begin();
    }
    if (queue.running === 0) this.#queues.delete(file);
  }
}

const mayRun = (queue: Queue, alone: boolean): boolean => !queue.alone && (queue.running === 0 || !alone);

function start(queue: Queue, alone: boolean): void {
  queue.running++;
  queue.alone = alone;
}
