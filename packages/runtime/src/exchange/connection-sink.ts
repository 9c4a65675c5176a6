import type { EffectSink } from '@holdfast/kernel';
import type { ConnectionNotice, OneSided } from '../kernel/connection-types.ts';
import type { KernelTimers } from './kernel-timers.ts';

export type ConnectionEffect = { readonly operation: OneSided } | { readonly notice: ConnectionNotice };

/** Notes the connection kernel's effects in order; they are performed after the step. Timers are armed at once. */
export class ConnectionSink implements EffectSink<OneSided, never, ConnectionNotice> {
  readonly #timers: KernelTimers;
  #effects: ConnectionEffect[] = [];

  constructor(timers: KernelTimers) {
    this.#timers = timers;
  }

  take(): ConnectionEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  send(_to: number, operation: OneSided): void {
    this.#effects.push({ operation });
  }

  deliver(notice: ConnectionNotice): void {
    this.#effects.push({ notice });
  }

  setTimer(timer: number, afterMs: number): void {
    this.#timers.set(timer, performance.now() + afterMs);
  }

  cancelTimer(timer: number): void {
    this.#timers.cancel(timer);
  }

  trace(): void {
    // Traces are for the explorer and the simulator.
  }

  reply(): never {
    throw new RangeError('the connection kernel has no local calls');
  }

  diskRead(): never {
    throw new RangeError('a connection has no disk');
  }

  diskWrite(): never {
    throw new RangeError('a connection has no disk');
  }

  diskFlush(): never {
    throw new RangeError('a connection has no disk');
  }
}
