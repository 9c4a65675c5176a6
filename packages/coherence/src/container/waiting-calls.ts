import type { Exchange } from '@holdfast/runtime';
import { Timed, TimerWheel } from '@holdfast/runtime/internals';
import { MailboxFullError, TimeoutError } from '@holdfast/runtime/service';
import type { CallId, CallResult } from '../kernel/object-types.ts';
import { blockSliceMs, callMsDefault, callsWaitingMax } from '../limits.ts';
import { keyText } from './key-form.ts';
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
  readonly answer: (result: CallResult) => void;
  readonly giveUp: (reason: unknown) => void;
  stopListening: (() => void) | undefined = undefined;

  constructor(
    call: CallId,
    slot: ObjectSlot,
    what: string,
    timeoutMs: number,
    answer: (result: CallResult) => void,
    giveUp: (reason: unknown) => void,
  ) {
    super();
    this.call = call;
    this.slot = slot;
    this.what = what;
    this.timeoutMs = timeoutMs;
    this.answer = answer;
    this.giveUp = giveUp;
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

  /** The kernel's answer to a call. */
  wait(call: CallId, slot: ObjectSlot, what: string, options: WaitOptions): Promise<CallResult> {
    return new Promise<CallResult>((resolve, reject) => this.expect(call, slot, what, options, resolve, reject));
  }

  /** As {@link wait}, for a caller that hears of the answer in the step that gives it, or why there is none. */
  expect(
    call: CallId,
    slot: ObjectSlot,
    what: string,
    { signal, timeoutMs = callMsDefault }: WaitOptions,
    answer: (result: CallResult) => void,
    giveUp: (reason: unknown) => void,
  ): void {
    const waiting = new WaitingCall(call, slot, what, timeoutMs, answer, giveUp);
    this.#calls.set(call, waiting);
    if (timeoutMs > 0) this.#wheel.add(waiting, timeoutMs);
    if (signal !== undefined) this.#listen(waiting, signal);
  }

  /**
   * Wait by blocking this thread, handling what arrives meanwhile.
   * @throws TimeoutError (HF_TIMEOUT); what the call is granted later is handed back
   */
  block(
    call: CallId,
    slot: ObjectSlot,
    what: string,
    { timeoutMs = callMsDefault }: WaitOptions,
    exchange: Pick<Exchange, 'drain' | 'wait'>,
  ): CallResult {
    const answers: { readonly result?: CallResult; readonly error?: unknown }[] = [];
    const waiting = new WaitingCall(
      call,
      slot,
      what,
      timeoutMs,
      (result) => answers.push({ result }),
      (error) => answers.push({ error }),
    );
    this.#calls.set(call, waiting);
    const untilMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    for (;;) {
      exchange.drain();
      const leftMs = untilMs - performance.now();
      if (answers.length === 0 && leftMs <= 0) this.#expire(waiting);
      const [answer] = answers;
      if (answer?.result !== undefined) return answer.result;
      if (answer !== undefined) throw answer.error;
      exchange.wait(Math.min(leftMs, blockSliceMs));
    }
  }

  /** The kernel answered; false when nobody wants the answer any more. */
  settle(call: CallId, result: CallResult): boolean {
    const waiting = this.#calls.get(call);
    if (waiting === undefined) return !this.#abandoned.delete(call);
    this.#remove(waiting);
    waiting.answer(result);
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

  #listen(waiting: WaitingCall, signal: AbortSignal): void {
    const onAbort = (): void => this.#giveUp(waiting, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.stopListening = () => signal.removeEventListener('abort', onAbort);
  }

  #expire(waiting: WaitingCall): void {
    this.#giveUp(waiting, new TimeoutError(`${waiting.what} of ${keyText(waiting.slot.key)}`, waiting.timeoutMs));
  }

  #giveUp(waiting: WaitingCall, reason: unknown): void {
    this.#remove(waiting);
    this.#abandoned.add(waiting.call);
    waiting.giveUp(reason);
  }

  #remove(waiting: WaitingCall): void {
    this.#calls.delete(waiting.call);
    this.#wheel.remove(waiting);
    waiting.stopListening?.();
  }
}
