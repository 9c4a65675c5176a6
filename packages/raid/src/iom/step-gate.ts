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

/** Stops an I/O manager between two of its steps, so that it can be killed exactly there. One hold at a time. */
export class StepGate {
  #hold: Hold | undefined;

  /** Hold the step the next time it comes, in place of whatever was held before. */
  hold(request: HoldRequest): void {
    this.release();
    const reached = Promise.withResolvers<HeldStep | undefined>();
    this.#hold = { ...request, left: request.after, reached, released: Promise.withResolvers<void>() };
  }

  /** Resolves when something stands at the held step, with undefined when the hold is taken back first. */
  held(): Promise<HeldStep | undefined> {
    return this.#hold?.reached.promise ?? Promise.resolve(undefined);
  }

  /** Let what is held go on, and hold nothing more. */
  release(): void {
    this.#hold?.released.resolve();
    this.#hold?.reached.resolve(undefined);
    this.#hold = undefined;
  }

  /** Called by the I/O manager at each step: resolves at once unless the step is held. */
  async pass(step: Step, at: HeldStep): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined || hold.step !== step) return;
    if (hold.gfid !== undefined && hold.gfid !== at.gfid) return;
    if (hold.left-- > 0) return;
    hold.reached.resolve(at);
    await hold.released.promise;
  }
}
