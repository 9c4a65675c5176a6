import { Timed, TimerWheel } from '@holdfast/runtime/internals';
import { MailboxFullError, TimeoutError } from '@holdfast/runtime/service';
import type { CallId, CallResult } from '../kernel/object-types.ts';
import { callMsDefault, callsWaitingMax } from '../limits.ts';
import type { ObjectSlot } from './object-slot.ts';

export interface WaitOptions {
  /** Ends the wait; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait, in ms; 0 for ever. @default 30 000 */
  readonly timeoutMs?: number | undefined;
}

class WaitingCall extends Timed {
  readonly call: CallId;
  readonly slot: ObjectSlot;
  readonly what: string;
  readonly timeoutMs: number;
  readonly outcome = Promise.withResolvers<CallResult>();
  stopListening: (() => void) | undefined = undefined;

  constructor(call: CallId, slot: ObjectSlot, what: string, timeoutMs: number) {
    super();
    this.call = call;
    this.slot = slot;
    this.what = what;
    this.timeoutMs = timeoutMs;
  }
}

/** The calls of one member that the kernel has not answered yet. Each settles once: answer, time-out, signal or death. */
export class WaitingCalls {
  readonly #calls = new Map<CallId, WaitingCall>();
  /** Given up by their callers; what they are granted later is handed back at once. */
  readonly #abandoned = new Set<CallId>();
  readonly #wheel: TimerWheel;

  /** @param takeArrived handle what has arrived: a call that was answered in time counts, however late it is read. */
  constructor(takeArrived: () => void) {
    this.#wheel = new TimerWheel((item) => this.#expire(item as WaitingCall), takeArrived);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** @throws MailboxFullError (HF_MAILBOX_FULL) before anything was asked for. */
  checkRoom(): void {
    if (this.#calls.size >= callsWaitingMax) throw new MailboxFullError('The table of waiting calls', callsWaitingMax);
  }

  wait(call: CallId, slot: ObjectSlot, what: string, { signal, timeoutMs = callMsDefault }: WaitOptions) {
    const waiting = new WaitingCall(call, slot, what, timeoutMs);
    this.#calls.set(call, waiting);
    if (timeoutMs > 0) this.#wheel.add(waiting, timeoutMs);
    if (signal !== undefined) {
      const onAbort = (): void => this.#giveUp(waiting, signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.stopListening = () => signal.removeEventListener('abort', onAbort);
    }
    return waiting.outcome.promise;
  }

  /** The kernel answered; false when nobody wants the answer any more. */
  settle(call: CallId, result: CallResult): boolean {
    const waiting = this.#calls.get(call);
    if (waiting === undefined) return !this.#abandoned.delete(call);
    this.#remove(waiting);
    waiting.outcome.resolve(result);
    return true;
  }

  /** Give up the calls that `concerned` picks. */
  fail(concerned: (slot: ObjectSlot) => boolean, error: () => unknown): void {
    for (const waiting of [...this.#calls.values()]) if (concerned(waiting.slot)) this.#giveUp(waiting, error());
  }

  close(error: () => unknown): void {
    this.fail(() => true, error);
    this.#wheel.close();
  }

  #expire(waiting: WaitingCall): void {
    this.#giveUp(waiting, new TimeoutError(waiting.what, waiting.timeoutMs));
  }

  #giveUp(waiting: WaitingCall, reason: unknown): void {
    this.#remove(waiting);
    this.#abandoned.add(waiting.call);
    waiting.outcome.reject(reason);
  }

  #remove(waiting: WaitingCall): void {
    this.#calls.delete(waiting.call);
    this.#wheel.remove(waiting);
    waiting.stopListening?.();
  }
}
