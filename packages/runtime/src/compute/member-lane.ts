import { type Outcome, packError, unpackError } from '../control/error-wire.ts';
import type { ControlPort, FromMember, ToMember } from '../control/messages.ts';
import type { PagePool } from '../memory/types.ts';
import { LaneError } from './errors.ts';
import type { ComputeJob, ComputeLane, PageRun } from './types.ts';

/** A member's way to the compute lane: holds the pages, hands the job to the supervisor, lets go when it settled. */
export class MemberLane implements ComputeLane {
  readonly #pages: PagePool;
  readonly #control: ControlPort<FromMember, ToMember>;
  readonly #waiting = new Map<number, (outcome: Outcome<unknown>) => void>();
  #lastJob = 0;
  #closed = false;

  constructor(pages: PagePool, control: ControlPort<FromMember, ToMember>) {
    this.#pages = pages;
    this.#control = control;
  }

  async run<Result>(job: ComputeJob, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#closed) throw LaneError.closed();
    this.#hold(job.pages);
    this.#lastJob += 1;
    const number = this.#lastJob;
    const { promise, resolve } = Promise.withResolvers<Outcome<unknown>>();
    const abort = () => this.#control.post({ type: 'lane-abort', job: number });
    signal?.addEventListener('abort', abort);
    this.#waiting.set(number, resolve);
    try {
      const { module, pages, argument } = job;
      this.#control.post({ type: 'lane-run', order: { job: number, module: String(module), pages, argument } });
      const outcome = await promise;
      if (outcome.ok) return outcome.value as Result;
      signal?.throwIfAborted();
      throw unpackError(outcome.error);
    } finally {
      this.#waiting.delete(number);
      signal?.removeEventListener('abort', abort);
      for (const { first, count } of job.pages) this.#pages.release(first, count);
    }
  }

  /** The supervisor says how a job ended. */
  settled(job: number, outcome: Outcome<unknown>): void {
    this.#waiting.get(job)?.(outcome);
  }

  /** This member is one no more: nobody will say how its jobs end. */
  close(): void {
    this.#closed = true;
    for (const settle of this.#waiting.values()) settle({ ok: false, error: packError(LaneError.closed()) });
  }

  #hold(runs: readonly PageRun[]): void {
    for (const [index, { first, count, generation }] of runs.entries()) {
      if (this.#pages.hold(first, count, generation)) continue;
      for (const held of runs.slice(0, index)) this.#pages.release(held.first, held.count);
      throw LaneError.pages(first);
    }
  }
}
