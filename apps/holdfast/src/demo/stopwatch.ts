import type { Phase } from './report.ts';

/** Seconds spent in each phase of a demo. */
export class Stopwatch {
  readonly #seconds = new Map<Phase, number>();

  async time<Result>(phase: Phase, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      const seconds = (this.#seconds.get(phase) ?? 0) + (performance.now() - startedAt) / 1000;
      this.#seconds.set(phase, Math.round(seconds * 1000) / 1000);
    }
  }

  get seconds(): Record<Phase, number> {
    const of = (phase: Phase) => this.#seconds.get(phase) ?? 0;
    return {
      start: of('start'),
      walk: of('walk'),
      store: of('store'),
      reopen: of('reopen'),
      readBack: of('readBack'),
      revive: of('revive'),
      mend: of('mend'),
      processDeath: of('processDeath'),
      checkSource: of('checkSource'),
    };
  }
}
