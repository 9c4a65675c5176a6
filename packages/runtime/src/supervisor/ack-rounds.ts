import type { MemberSlot } from '../member.ts';

interface Round {
  readonly number: number;
  readonly waiting: Set<MemberSlot>;
  readonly everybody: () => void;
}

/**
 * Who still has to acknowledge which numbered announcement. Announcements reach a member in order, so acknowledging one
 * acknowledges all before it; and whoever is gone is waited for no more.
 */
export class AckRounds {
  #rounds: Round[] = [];

  /** Resolves when all recipients acknowledged `number`; a blocked one does when it runs again. */
  open(number: number, recipients: readonly MemberSlot[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (recipients.length === 0) resolve();
    else this.#rounds.push({ number, waiting: new Set(recipients), everybody: resolve });
    return promise;
  }

  acknowledge(slot: MemberSlot, number: number): void {
    this.#settle(slot, (round) => round.number <= number);
  }

  forget(slot: MemberSlot): void {
    this.#settle(slot, () => true);
  }

  /** Who keeps announcements up to `number` from being over. */
  missing(number: number): MemberSlot[] {
    return [...new Set(this.#rounds.filter((round) => round.number <= number).flatMap((round) => [...round.waiting]))];
  }

  #settle(slot: MemberSlot, applies: (round: Round) => boolean): void {
    for (const round of this.#rounds) {
      if (applies(round) && round.waiting.delete(slot) && round.waiting.size === 0) round.everybody();
    }
    this.#rounds = this.#rounds.filter((round) => round.waiting.size > 0);
  }
}
