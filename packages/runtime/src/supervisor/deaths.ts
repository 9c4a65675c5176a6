import { BootError } from '../errors.ts';
import { type DeathCause, describeError } from '../events/cluster-event.ts';
import type { MemberRecord } from './member-record.ts';
import type { ThreadEnd } from './node-thread.ts';
import type { SupervisorParts } from './parts.ts';

export interface DeathListener {
  /** The member's end is known, agreed on and published. Its place is not free yet. */
  onDown(record: MemberRecord, cause: DeathCause): void;
  /** All survivors let go of it. Resolves when nothing that runs elsewhere touches its pages, and they are poisoned. */
  settled(record: MemberRecord): Promise<void>;
}

/** What a death calls for, in its order: see docs/runtime.md. */
export class Deaths {
  readonly #parts: SupervisorParts;
  readonly #listener: DeathListener;
  #closed = false;

  constructor(parts: SupervisorParts, listener: DeathListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** The cluster is closed: nobody is left to agree with. */
  close(): void {
    this.#closed = true;
  }

  /** The thread has ended. Nothing of this incarnation is used again before the last step. */
  async bury(record: MemberRecord, end: ThreadEnd): Promise<void> {
    const { roster, requests, outbox, broker } = this.#parts;
    const { slot, name, incarnation } = record;
    const cause = record.ending ?? end.cause;
    record.phase = 'down';
    roster.forget(record);
    requests.forget(slot);
    record.booted.reject(new BootError(name, `its thread ended (${cause}).`, { cause: end.error }));
    if (this.#closed) return;
    const { acknowledged } = await roster.commit(
      [{ slot, incarnation, state: 'down' }],
      [{ slot, incarnation, loss: 'dead' }],
    );
    outbox.publish('node-down', {
      node: name,
      incarnation,
      cause,
      exitCode: end.exitCode,
      ...(end.error === undefined ? {} : { error: describeError(end.error) }),
    });
    record.agreed.resolve();
    this.#listener.onDown(record, cause);
    await acknowledged;
    await this.#listener.settled(record);
    broker.release(slot, 'ended');
    record.released = true;
    record.buried.resolve();
  }

  /** The thread does not end: it is shut out of the cluster, and what it can reach is never used again while it lives. */
  async fence(record: MemberRecord): Promise<void> {
    const { roster, requests, outbox, broker, config } = this.#parts;
    const { slot, name, incarnation } = record;
    record.phase = 'stuck';
    record.ending = 'stuck';
    record.thread?.abandon();
    roster.forget(record);
    requests.forget(slot);
    await roster.commit([{ slot, incarnation, state: 'stuck' }], [{ slot, incarnation, loss: 'fenced' }]);
    broker.release(slot, 'stuck');
    outbox.publish('node-stuck', { node: name, incarnation, terminateMs: config.terminateMs });
    this.#listener.onDown(record, 'stuck');
  }
}
