/**
 * What follows a death. `one-for-one` and `all-for-one` are Erlang/OTP's strategies, and so is the limit: more than
 * `max` restarts within `withinMs` and the supervisor gives up.
 */
export interface RestartPolicy {
  readonly strategy: 'never' | 'one-for-one' | 'all-for-one';
  readonly max: number;
  readonly withinMs: number;
}

export type RestartDecision = 'leave' | 'restart' | 'restart-all' | 'escalate';

/** Counts restarts in a sliding window and decides. One for each group of nodes that shares a limit. */
export class RestartCounter {
  readonly policy: RestartPolicy;
  #times: number[] = [];

  constructor(policy: RestartPolicy) {
    this.policy = policy;
  }

  /** Restarts within the window that ends at the last decision. */
  get restarts(): number {
    return this.#times.length;
  }

  /** Decide on a death at `nowMs`, monotonic; a restart decided is counted. */
  decide(nowMs: number): RestartDecision {
    const { strategy } = this.policy;
    if (strategy === 'never') return 'leave';
    if (this.exhausted(nowMs)) return 'escalate';
    this.#times.push(nowMs);
    return strategy === 'one-for-one' ? 'restart' : 'restart-all';
  }

  /** Whether one more restart would be over the limit. */
  exhausted(nowMs: number): boolean {
    const { max, withinMs } = this.policy;
    this.#times = this.#times.filter((time) => nowMs - time < withinMs);
    return this.#times.length >= max;
  }
}
