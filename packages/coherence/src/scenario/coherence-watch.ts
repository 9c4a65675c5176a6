import type { CallResult, ObjectEntry, ObjectEnv } from '../kernel/object-types.ts';
import { coherenceOf, nobodyForgotten } from '../verification/object-properties.ts';
import { brokenPromise, noValue, seeReply, seeStep } from '../verification/value-monitor.ts';
import type { Envelope } from './links.ts';

/** Holds one object against what `holdfast explore coherence` proves. */
export class CoherenceWatch {
  readonly #value = noValue();
  readonly #incoherence: ReturnType<typeof coherenceOf>;

  constructor(envs: readonly ObjectEnv[]) {
    this.#incoherence = coherenceOf(envs);
  }

  /** A kernel named a step of the protocol. */
  step(name: string, number: number): void {
    seeStep(this.#value, name, number);
  }

  /** A kernel answered a call. */
  reply(result: CallResult): void {
    seeReply(this.#value, result);
  }

  /** What does not hold now. */
  violation(entries: readonly ObjectEntry[], under: readonly Envelope[]): string | undefined {
    return brokenPromise(this.#value) ?? this.#incoherence({ entries, under });
  }

  /** What does not hold where nothing is under way. */
  violationAtRest(entries: readonly ObjectEntry[]): string | undefined {
    return nobodyForgotten({ entries, under: [] });
  }
}
