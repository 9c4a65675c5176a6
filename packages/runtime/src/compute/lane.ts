import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { type Outcome, packError } from '../control/error-wire.ts';
import type { LaneOrder } from '../control/messages.ts';
import { laneIdleMs, laneJobsMax } from '../limits.ts';
import type { MemberRecord } from '../supervisor/member-record.ts';
import type { SupervisorParts } from '../supervisor/parts.ts';
import { LaneError } from './errors.ts';
import { LaneThreads } from './lane-threads.ts';
import { LaneProgress, type LaneTask } from './lane-worker.ts';

interface Job {
  readonly submitter: MemberRecord;
  readonly order: LaneOrder;
  readonly abort: AbortController;
  /** Resolves when no thread works on the job's pages any more. */
  readonly settled: Promise<void>;
}

/**
 * The compute lane's side in the supervisor: a Piscina made at the first job, whose idle threads go again. A job is
 * settled when its thread is done with the pages or has ended, which is later than when Piscina gives up on it.
 */
export class Lane {
  readonly #parts: SupervisorParts;
  readonly #jobs = new Map<string, Job>();
  #pool: Promise<{ readonly pool: Piscina; readonly threads: LaneThreads }> | undefined;
  #closed = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** Run a job for a member and send it the outcome. */
  run(submitter: MemberRecord, order: LaneOrder): void {
    const abort = new AbortController();
    const work = this.#run(order, abort.signal);
    const key = jobKey(submitter, order.job);
    const settled = work.then((outcome) => {
      this.#jobs.delete(key);
      submitter.control.post({ type: 'lane-settled', job: order.job, outcome });
      this.#publish(submitter, order, outcome.ok ? 'finished' : abort.signal.aborted ? 'aborted' : 'failed');
    });
    this.#jobs.set(key, { submitter, order, abort, settled });
    this.#publish(submitter, order, 'started');
  }

  abort(submitter: MemberRecord, job: number): void {
    this.#jobs.get(jobKey(submitter, job))?.abort.abort();
  }

  /**
   * A member died. Its own jobs are ended, since nobody waits for them; jobs of others that work on its pages run to
   * their end. Resolves when no thread of the lane touches a page of the dead.
   */
  async settle(dead: MemberRecord, owns: (page: number) => boolean): Promise<void> {
    const concerned = [...this.#jobs.values()].filter(({ submitter, order }) => {
      return submitter === dead || order.pages.some(({ first, count }) => owned(first, count, owns));
    });
    for (const job of concerned) if (job.submitter === dead) job.abort.abort();
    await Promise.all(concerned.map((job) => job.settled));
  }

  /** End every job and thread. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#jobs.values()) job.abort.abort();
    await Promise.all(Array.from(this.#jobs.values(), (job) => job.settled));
    const lane = await this.#pool;
    await lane?.pool.destroy();
  }

  async #run({ module, pages, argument }: LaneOrder, signal: AbortSignal): Promise<Outcome<unknown>> {
    if (this.#closed) return { ok: false, error: packError(LaneError.closed()) };
    if (this.#jobs.size >= laneJobsMax) return { ok: false, error: packError(LaneError.full(laneJobsMax)) };
    this.#pool ??= this.#open();
    const { pool, threads } = await this.#pool;
    const progress = new Int32Array(new SharedArrayBuffer(8));
    const task: LaneTask = { memory: this.#parts.arena.memory, module, pages, argument, progress: progress.buffer };
    try {
      return await pool.run(task, { signal });
    } catch (cause) {
      // Piscina gives up on an aborted job before its thread has ended.
      const { queued, cancelled, running } = LaneProgress;
      const reached = Atomics.compareExchange(progress, 1, queued, cancelled);
      if (reached === running) await threads.ended(Atomics.load(progress, 0));
      return { ok: false, error: packError(LaneError.died({ cause })) };
    }
  }

  async #open(): Promise<{ readonly pool: Piscina; readonly threads: LaneThreads }> {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({
      filename: import.meta.resolve('@holdfast/runtime/lane'),
      minThreads: 0,
      maxThreads: Math.max(1, availableParallelism() - 1),
      idleTimeout: laneIdleMs,
      maxQueue: laneJobsMax,
      recordTiming: false,
    });
    return { pool, threads: new LaneThreads(pool) };
  }

  #publish(submitter: MemberRecord, order: LaneOrder, state: 'started' | 'finished' | 'failed' | 'aborted'): void {
    const pages = order.pages.reduce((sum, run) => sum + run.count, 0);
    this.#parts.outbox.publish('lane-job', { node: submitter.name, job: order.job, state, pages });
  }
}

function jobKey(submitter: MemberRecord, job: number): string {
  return `${submitter.slot}#${submitter.incarnation}/${job}`;
}

function owned(first: number, count: number, owns: (page: number) => boolean): boolean {
  for (let page = first; page < first + count; page += 1) if (owns(page)) return true;
  return false;
}
