import { callsInFlightMax } from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import type { FrameOwner, WaitingFrame } from './courier.ts';
import { MailboxFullError } from './errors.ts';
import type { RpcTarget } from './rpc-target.ts';
import type { Abortable, SignalWatch } from './signal-watch.ts';
import { Timed } from './timer-wheel.ts';

/** A call that waits for its answer. These are made once and used again and again. */
export class PendingCall extends Timed implements FrameOwner, Abortable {
  readonly slot: number;
  /** Which use of the slot this is: an answer to an earlier one is late and is dropped. */
  generation = 0;
  target: RpcTarget | undefined = undefined;
  peer: MemberSlot = 0;
  timeoutMs = 0;
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((reason: unknown) => void) | undefined = undefined;
  sent = false;
  waiting: WaitingFrame | undefined = undefined;
  watch: SignalWatch | undefined = undefined;
  watchNext: Abortable | undefined = undefined;
  watchPrevious: Abortable | undefined = undefined;

  constructor(slot: number) {
    super();
    this.slot = slot;
  }
}

let captured: PendingCall;

/** Shared by all calls, so that making a promise allocates no closure of ours. */
function capture(resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
  captured.resolve = resolve;
  captured.reject = reject;
}

/** The calls of one thread that wait for answers, by slot. */
export class CallTable {
  readonly #calls: PendingCall[] = [];
  readonly #free: PendingCall[] = [];

  get size(): number {
    return this.#calls.length - this.#free.length;
  }

  /** @throws MailboxFullError when `callsInFlightMax` calls wait. */
  take(target: RpcTarget, peer: MemberSlot): PendingCall {
    let call = this.#free.pop();
    if (call === undefined) {
      if (this.#calls.length === callsInFlightMax) {
        throw new MailboxFullError("This thread's table of calls in flight", callsInFlightMax);
      }
      call = new PendingCall(this.#calls.length);
      this.#calls.push(call);
    }
    call.target = target;
    call.peer = peer;
    call.sent = false;
    return call;
  }

  promise(call: PendingCall): Promise<unknown> {
    captured = call;
    return new Promise(capture);
  }

  /** The call an answer is for, or undefined when it is settled already. */
  find(slot: number, generation: number, peer: MemberSlot): PendingCall | undefined {
    const call = this.#calls[slot];
    if (call?.target === undefined || call.generation !== generation || call.peer !== peer) return undefined;
    return call;
  }

  release(call: PendingCall): void {
    call.generation = (call.generation + 1) >>> 0;
    call.target = undefined;
    call.resolve = undefined;
    call.reject = undefined;
    if (call.waiting !== undefined) {
      call.waiting.dropped = true;
      call.waiting.owner = undefined;
      call.waiting = undefined;
    }
    this.#free.push(call);
  }

  /** Every waiting call, collected first: settling one may start others. */
  waiting(): PendingCall[] {
    return this.#calls.filter((call) => call.target !== undefined);
  }
}
