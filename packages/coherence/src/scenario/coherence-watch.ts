import type { CallResult, ObjectEntry, ObjectEnv, ObjectNotice } from '../kernel/object-types.ts';
import { coherenceOf, nobodyForgotten } from '../verification/object-properties.ts';
import { brokenPromise, noValue, seeReply, seeRun, seeStep } from '../verification/value-monitor.ts';
import type { Envelope } from './links.ts';

/** Holds one object against what `holdfast explore coherence` proves. */
export class CoherenceWatch {
  readonly #value = noValue();
  /** Operations that were run, by the node and number of their calls. */
  readonly #ran = new Set<string>();
  #ranTwice = false;
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

  /** A kernel asked its host for something. */
  notice(notice: ObjectNotice): void {
    seeRun(this.#value, notice);
    if (notice.type !== 'run') return;
    const name = `${notice.node} ${notice.call}`;
    this.#ranTwice ||= this.#ran.has(name);
    this.#ran.add(name);
  }

  /** What does not hold now. */
  violation(entries: readonly ObjectEntry[], under: readonly Envelope[]): string | undefined {
    if (this.#ranTwice) return 'an operation was run twice';
    return brokenPromise(this.#value) ?? this.#incoherence({ entries, under });
  }

  /** What does not hold where nothing is under way. */
  violationAtRest(entries: readonly ObjectEntry[]): string | undefined {
    return nobodyForgotten({ entries, under: [] });
  }
}
