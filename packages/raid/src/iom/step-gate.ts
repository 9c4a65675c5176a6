import type { HoldRequest, Step } from './messages.ts';

/** What was under way when a step was held. */
export interface HeldStep {
  readonly gfid: number;
  readonly group?: number | undefined;
}

interface Hold extends HoldRequest {
  left: number;
  readonly reached: PromiseWithResolvers<HeldStep | undefined>;
  readonly released: PromiseWithResolvers<void>;
}

/** Stops an I/O manager between two of its steps, so that it can be killed exactly there. One hold of each step at a time. */
export class StepGate {
  readonly #holds = new Map<Step, Hold>();

  /** Hold the step the next time it comes, in place of whatever was held there before. */
  hold(request: HoldRequest): void {
    this.release(request.step);
    const reached = Promise.withResolvers<HeldStep | undefined>();
    this.#holds.set(request.step, {
      ...request,
      left: request.after,
      reached,
      released: Promise.withResolvers<void>(),
    });
  }

  /** Resolves when something stands at the step, with undefined when the hold is taken back first. */
  held(step: Step): Promise<HeldStep | undefined> {
    return this.#holds.get(step)?.reached.promise ?? Promise.resolve(undefined);
  }

  /** Let what is held there go on, and hold it no more. */
  release(step: Step): void {
    const hold = this.#holds.get(step);
    this.#holds.delete(step);
    hold?.released.resolve();
    hold?.reached.resolve(undefined);
  }

  releaseAll(): void {
    for (const step of [...this.#holds.keys()]) this.release(step);
  }

  /** Called by the I/O manager at each step: undefined unless the step is held. */
  pass(step: Step, at: HeldStep): Promise<void> | undefined {
    const hold = this.#holds.get(step);
    if (hold === undefined) return undefined;
    if (hold.gfid !== undefined && hold.gfid !== at.gfid) return undefined;
    if (hold.left-- > 0) return undefined;
    hold.reached.resolve(at);
    return hold.released.promise;
  }
}
