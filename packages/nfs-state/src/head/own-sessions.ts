import type { SlotRequest } from '../kernel/plan-sessions.ts';
import type { Delta, NfsState, SessionId } from '../kernel/state-types.ts';

/**
 * The sessions that only this head has served since it made them: it knows all their requests, so that a number that is
 * skipped was skipped by the client. Of others it knows what changed something, and of what did not only what it was told.
 */
export class OwnSessions {
  /** With the last number asked here, by slot. */
  readonly #sessions = new Map<SessionId, Map<number, number>>();

  made(session: SessionId): void {
    this.#sessions.set(session, new Map());
  }

  asked({ session, slot, seqid }: SlotRequest): void {
    this.#sessions.get(session)?.set(slot, seqid);
  }

  knowsAll(session: SessionId): boolean {
    return this.#sessions.has(session);
  }

  /** What was asked elsewhere makes the session one of others. */
  learn(delta: Delta, { sessions }: NfsState): void {
    if (delta.type === 'slot' || delta.type === 'slot-step') {
      const { session, slot, is } = delta;
      if (this.#sessions.get(session)?.get(slot) !== is.seqid) this.#sessions.delete(session);
    } else if (delta.type === 'session-gone') {
      this.#sessions.delete(delta.session);
    } else if (delta.type === 'client-gone' || delta.type === 'client-confirmed') {
      for (const session of this.#sessions.keys()) if (!sessions.has(session)) this.#sessions.delete(session);
    }
  }
}
