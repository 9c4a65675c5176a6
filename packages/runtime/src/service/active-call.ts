import { type MemberName, type MemberSlot, memberName } from '../member.ts';
import type { CallChain } from './call-chain.ts';
import type { HostedMember } from './hosted-service.ts';
import type { Timed } from './timer-wheel.ts';
import type { CallContext } from './types.ts';

/** A call in the thread that answers it; handlers see it as their CallContext. */
export class ActiveCall implements Timed, CallContext {
  timerNext: Timed | undefined = undefined;
  timerPrevious: Timed | undefined = undefined;
  timerTicks = 0;
  readonly member: HostedMember;
  readonly from: MemberSlot;
  /** The session it came by: an answer goes there or nowhere. */
  readonly session: number;
  readonly slot: number;
  readonly generation: number;
  readonly remainingMs: number;
  readonly chain: CallChain | undefined;
  /** Decoded, not yet validated. */
  readonly input: unknown;
  /** The caller does not wait any more. */
  cancelled = false;
  #abort: AbortController | undefined;
  #reason: unknown;

  constructor(
    member: HostedMember,
    from: MemberSlot,
    session: number,
    slot: number,
    generation: number,
    remainingMs: number,
    chain: CallChain | undefined,
    input: unknown,
  ) {
    this.member = member;
    this.from = from;
    this.session = session;
    this.slot = slot;
    this.generation = generation;
    this.remainingMs = remainingMs;
    this.chain = chain;
    this.input = input;
  }

  get caller(): MemberName {
    return memberName(this.from);
  }

  /** Made when first asked for: most handlers never ask, and a controller costs more than the rest of a call. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.cancelled) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  cancel(reason: unknown): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.#reason = reason;
    this.#abort?.abort(reason);
  }
}
