/** The passing of time as leases see it. Tests bring their own. */
export interface LeaseClock {
  /** Milliseconds that never jump back. */
  now(): number;
  /** Call `wake` once, `ms` from now, without keeping the process alive; the function returned cancels that. */
  after(ms: number, wake: () => void): () => void;
}

export const monotonicClock: LeaseClock = {
  now: () => performance.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
