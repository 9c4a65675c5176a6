import { delaySteps } from '../limits.ts';
import type { CallSpec } from '../world/call-spec.ts';
import { readableText } from '../world/plain-data.ts';
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
      if (times === 'unlimited') this.#repeat(index, view, observe);
      else this.#plan(index, times, view, observe);
    }
  }

  /** The next of `left` bounded calls. A draw of 0 skips it: that is how a shorter failing run is found. */
  #plan(index: number, left: number, view: WorldView, observe: CallObserver): void {
    for (let remaining = left; remaining > 0; remaining--) {
      const draw = this.#choices[index]!.chooseSome(delaySteps);
      if (draw !== 0) {
        this.#issueAfter(delayOf(draw - 1, this.#callMs), index, remaining, view, observe);
        return;
      }
      this.#left--;
    }
  }

  #issueAfter(delayMs: number, index: number, left: number, view: WorldView, observe: CallObserver): void {
    this.#stage.after(delayMs, () => {
      if (this.#isOutside(index)) {
        this.#left -= left;
      } else if (!this.#isPossible(index, view)) {
        this.#stage.nothingHappened();
        this.#issueAfter(this.#callMs, index, left, view, observe);
      } else {
        this.#left--;
        this.#issue(index, this.issued[index]!++, observe);
        this.#plan(index, left - 1, view, observe);
      }
    });
  }

  /** Unlimited calls go on to the end of the run: the protocol may need them to converge. */
  #repeat(index: number, view: WorldView, observe: CallObserver): void {
    const delayMs = delayOf(this.#choices[index]!.choose(delaySteps), this.#callMs);
    this.#stage.after(delayMs, () => this.#repeatOnce(index, view, observe));
  }

  #repeatOnce(index: number, view: WorldView, observe: CallObserver): void {
    if (this.#isOutside(index)) return;
    if (this.#isPossible(index, view)) {
      this.#issue(index, 0, observe);
      this.#repeat(index, view, observe);
    } else {
      this.#stage.nothingHappened();
      this.#stage.after(this.#callMs, () => this.#repeatOnce(index, view, observe));
    }
  }

  #issue(index: number, nth: number, observe: CallObserver): void {
    const call = this.#calls[index]!;
    const event = call.event(nth);
    const node = this.#stage.nodes[call.node]!;
    this.#stage.tell(() => `${node.spec.name} is called: ${call.label} ${readableText(event)}`);
    observe(call, index, event);
    this.#stage.input(call.node, call.part, event);
  }

  #isPossible(index: number, view: WorldView): boolean {
    const { node, when } = this.#calls[index]!;
    const { up, pausedUntilNs } = this.#stage.nodes[node]!;
    return up && pausedUntilNs <= this.#stage.nowNs && (when?.(view) ?? true);
  }

  /** Faults are over and the caller is none of those that must converge. */
  #isOutside(index: number): boolean {
    return !this.#stage.safety && !this.#stage.plan.core.includes(this.#calls[index]!.node);
  }
}
