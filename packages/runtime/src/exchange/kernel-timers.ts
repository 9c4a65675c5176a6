/**
 * The timers of one kernel, looked at on every heartbeat instead of being armed one by one: their periods are long
 * against it, and arming must cost next to nothing.
 */
export class KernelTimers {
  /** Due time by timer number; infinite when not armed. */
  readonly #dueMs: number[] = [];
  #soonestMs = Number.POSITIVE_INFINITY;

  set(timer: number, dueMs: number): void {
    while (this.#dueMs.length <= timer) this.#dueMs.push(Number.POSITIVE_INFINITY);
    this.#dueMs[timer] = dueMs;
    if (dueMs < this.#soonestMs) this.#soonestMs = dueMs;
  }

  cancel(timer: number): void {
    if (timer < this.#dueMs.length) this.#dueMs[timer] = Number.POSITIVE_INFINITY;
  }

  armed(timer: number): boolean {
    return (this.#dueMs[timer] ?? Number.POSITIVE_INFINITY) !== Number.POSITIVE_INFINITY;
  }

  /** Disarm and report every timer that is due at `nowMs`. */
  fire(nowMs: number, onTimer: (timer: number) => void): void {
    if (nowMs < this.#soonestMs) return;
    for (let timer = 0; timer < this.#dueMs.length; timer++) {
      if ((this.#dueMs[timer] as number) > nowMs) continue;
      this.#dueMs[timer] = Number.POSITIVE_INFINITY;
      onTimer(timer);
    }
    this.#soonestMs = Math.min(...this.#dueMs);
  }

  clear(): void {
    this.#dueMs.length = 0;
    this.#soonestMs = Number.POSITIVE_INFINITY;
  }
}
