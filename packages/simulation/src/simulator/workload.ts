import { delaySteps } from '../limits.ts';
import { readableText } from '../world/plain-data.ts';
import type { CallSpec } from '../world/spec.ts';
import type { WorldView } from '../world/view.ts';
import type { ChoiceStream } from './choices.ts';
import { delayOf } from './delays.ts';
import type { Stage } from './stage.ts';

/** Told of each call before it is issued. */
export type CallObserver = (call: CallSpec, index: number, event: unknown) => void;

/** Issues the calls of a world, each at its own pace, until they are used up. */
export class Workload {
  readonly issued: number[];
  readonly #stage: Stage;
  readonly #calls: readonly CallSpec[];
  readonly #callMs: number;
  readonly #choices: ChoiceStream[];
  /** Bounded calls still to be issued or skipped. */
  #left: number;

  constructor(stage: Stage, calls: readonly CallSpec[], callMs: number) {
    this.#stage = stage;
    this.#calls = calls;
    this.#callMs = callMs;
    this.issued = calls.map(() => 0);
    this.#choices = calls.map((_, index) => stage.choices.stream(`call ${index}`));
    this.#left = calls.reduce((sum, { times }) => sum + (times === 'unlimited' ? 0 : times), 0);
  }

  /** Every bounded call was issued or skipped. */
  get done(): boolean {
    return this.#left === 0;
  }

  start(view: WorldView, observe: CallObserver): void {
    for (const [index, { times }] of this.#calls.entries()) {
      this.#plan(index, times === 'unlimited' ? Number.POSITIVE_INFINITY : times, view, observe);
    }
  }

  /** The next of `left` calls of one kind. A draw of 0 skips it: that is how a shorter failing run is found. */
  #plan(index: number, left: number, view: WorldView, observe: CallObserver): void {
    let remaining = left;
    while (remaining > 0) {
      const draw = this.#choices[index]!.chooseSome(delaySteps);
      if (draw !== 0) {
        this.#issueAfter(delayOf(draw - 1, this.#callMs), index, remaining, view, observe);
        return;
      }
      if (remaining === Number.POSITIVE_INFINITY) return;
      remaining--;
      this.#left--;
    }
  }

  #issueAfter(delayMs: number, index: number, left: number, view: WorldView, observe: CallObserver): void {
    this.#stage.after(delayMs, () => {
      const call = this.#calls[index]!;
      const unlimited = left === Number.POSITIVE_INFINITY;
      if (unlimited && !this.#stage.safety) return;
      const node = this.#stage.nodes[call.node]!;
      if (!this.#stage.safety && !this.#stage.plan.core.includes(call.node)) {
        this.#left -= left;
        return;
      }
      const paused = node.pausedUntilNs > this.#stage.nowNs;
      if (!node.up || paused || !(call.when?.(view) ?? true)) {
        this.#issueAfter(this.#callMs, index, left, view, observe);
        return;
      }
      const event = call.event(unlimited ? 0 : this.issued[index]!);
      this.issued[index]!++;
      if (!unlimited) this.#left--;
      this.#stage.tell(() => `${node.spec.name} is called: ${call.label} ${readableText(event)}`);
      observe(call, index, event);
      this.#stage.input(call.node, call.part, event);
      this.#plan(index, left - 1, view, observe);
    });
  }
}
