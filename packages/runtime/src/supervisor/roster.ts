import type { LostMember } from '../control/messages.ts';
import { UnknownNodeError } from '../errors.ts';
import type { EventOutbox } from '../events/event-outbox.ts';
import { type MemberName, type MemberSlot, memberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import { AckRounds } from './ack-rounds.ts';
import type { Ledger } from './ledger.ts';
import type { MemberRecord } from './member-record.ts';
import { Membership, type View, type ViewMember } from './membership.ts';

export interface CommittedView {
  readonly view: View;
  /** Resolves when every member has dropped the sessions of everybody the view lost. */
  readonly acknowledged: Promise<void>;
}

type Change = Omit<ViewMember, 'name'>;

/** The members of the cluster, and the view they agree on. */
export class Roster {
  readonly #block: ClusterBlock;
  readonly #ledger: Ledger;
  readonly #outbox: EventOutbox;
  readonly #membership = new Membership();
  readonly #rounds = new AckRounds();
  readonly #records = new Map<MemberSlot, MemberRecord>();
  #lastCommit: Promise<unknown> = Promise.resolve();

  constructor(block: ClusterBlock, ledger: Ledger, outbox: EventOutbox) {
    this.#block = block;
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  get view(): View {
    return this.#membership.view;
  }

  /** The latest incarnation of every slot that ever had one. */
  get records(): readonly MemberRecord[] {
    return [...this.#records.values()];
  }

  get(slot: MemberSlot): MemberRecord | undefined {
    return this.#records.get(slot);
  }

  /** @throws UnknownNodeError */
  byName(name: MemberName): MemberRecord {
    const slot = memberSlot(name);
    const record = slot === undefined ? undefined : this.#records.get(slot);
    if (record === undefined) throw new UnknownNodeError(name);
    return record;
  }

  up(): MemberRecord[] {
    return this.records.filter((record) => record.phase === 'up');
  }

  /** Threads that may still run, whatever was ordered: those who must hear of a change. */
  running(): MemberRecord[] {
    return this.records.filter(({ phase }) => phase === 'booting' || phase === 'up' || phase === 'ending');
  }

  enrol(record: MemberRecord): void {
    this.#records.set(record.slot, record);
  }

  /** Whether messages under this record are still from the current incarnation. */
  current(record: MemberRecord): boolean {
    return this.#records.get(record.slot) === record;
  }

  /**
   * Agree on a new view: durable in the coordination store, then in the shared epoch word, then on its way to every
   * running member. Changes are made one after the other.
   */
  commit(
    changes: readonly Change[] | (() => readonly Change[]),
    lost: readonly LostMember[] = [],
  ): Promise<CommittedView> {
    const commit = this.#lastCommit.then(async () => {
      const epoch = await this.#ledger.nextEpoch();
      const view = this.#membership.change(epoch, typeof changes === 'function' ? changes() : changes);
      while (this.#block.epoch < epoch) this.#block.raiseEpoch();
      const up = view.members.filter((member) => member.state === 'up').map((member) => member.name);
      this.#outbox.publish('view', { epoch, up });
      const recipients = this.running();
      const acknowledged = this.#rounds.open(
        epoch,
        recipients.map((recipient) => recipient.slot),
      );
      for (const recipient of recipients) recipient.control.post({ type: 'view', view, lost });
      return { view, acknowledged };
    });
    this.#lastCommit = commit;
    return commit;
  }

  /** A member takes part in something from now on; all members hear of it in the order of the views. */
  async takePart({ slot, incarnation }: MemberRecord, role: string): Promise<void> {
    await this.commit(() => {
      const known = this.#membership.get(slot);
      // Its end may have come first.
      if (known?.incarnation !== incarnation || known.state !== 'up') return [];
      const { state, roles = [] } = known;
      return roles.includes(role) ? [] : [{ slot, incarnation, state, roles: [...roles, role] }];
    });
  }

  acknowledge(record: MemberRecord, epoch: number): void {
    this.#rounds.acknowledge(record.slot, epoch);
  }

  /** A member ended: no view waits for it. */
  forget(record: MemberRecord): void {
    this.#rounds.forget(record.slot);
  }

  /** Names of those who have not applied the current view. */
  late(): MemberName[] {
    const missing = this.#rounds.missing(this.view.epoch);
    return missing.map((slot) => this.#records.get(slot)?.name ?? String(slot));
  }
}
