import { type Outcome, unwrap } from '../control/error-wire.ts';
import type { ToMember } from '../control/messages.ts';
import { type CallOutcome, NodeDownError, TimeoutError } from '../errors.ts';
import type { MemberName, MemberSlot } from '../member.ts';
import type { MemberRecord } from './member-record.ts';

type Request = Extract<ToMember, { readonly request: number }>;
type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, 'request'> : never) : never;

interface Pending {
  readonly slot: MemberSlot;
  readonly name: MemberName;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (outcome: Outcome<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** Questions from the supervisor to members. Each settles: by the answer, by the member's death, or by the time-out. */
export class MemberRequests {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  async ask(member: MemberRecord, body: RequestBody, what: string, timeoutMs: number): Promise<unknown> {
    if (member.phase !== 'up' && member.phase !== 'booting') throw new NodeDownError(member.name, 'not-sent');
    this.#last += 1;
    const request = this.#last;
    const answer = Promise.withResolvers<Outcome<unknown>>();
    const timer = setTimeout(() => {
      this.#pending.delete(request);
      answer.reject(new TimeoutError(`${what} on ${member.name}`, timeoutMs, { node: member.name }));
    }, timeoutMs);
    const { resolve, reject } = answer;
    this.#pending.set(request, { slot: member.slot, name: member.name, timer, resolve, reject });
    member.control.post({ ...body, request } as Request);
    return unwrap(await answer.promise);
  }

  answer(request: number, outcome: Outcome<unknown>): void {
    const pending = this.#pending.get(request);
    // An answer after its time-out is of no use to anybody.
    if (pending === undefined) return;
    this.#pending.delete(request);
    clearTimeout(pending.timer);
    pending.resolve(outcome);
  }

  /** `slot` died: its questions cannot be answered any more. */
  forget(slot: MemberSlot, outcome: CallOutcome = 'unknown'): void {
    for (const [request, pending] of this.#pending) {
      if (pending.slot !== slot) continue;
      this.#pending.delete(request);
      clearTimeout(pending.timer);
      pending.reject(new NodeDownError(pending.name, outcome));
    }
  }
}
