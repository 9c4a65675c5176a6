import { withTimeout } from '../control/deadline.ts';
import { ConfigError, NodeDownError } from '../errors.ts';
import { controlMsDefault } from '../limits.ts';
import type { MemberName, MemberSlot } from '../member.ts';
import type { MemberRecord } from './member-record.ts';
import type { SupervisorParts } from './parts.ts';

const resumeHint = { hint: 'Wait for pause before you call resume.' };

/** Faults made on purpose: nodes that stand still, and cuts between members. */
export class Faults {
  readonly #parts: SupervisorParts;
  /** Pauses ordered and not yet obeyed. */
  readonly #pausing = new Map<MemberSlot, { readonly pause: number; readonly obeyed: PromiseWithResolvers<void> }>();

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** Stop a node's thread at its next turn; resolves when it stands still. */
  async pause({ name, slot, control }: MemberRecord): Promise<void> {
    const { signals, block, outbox } = this.#parts;
    const first = !signals.paused(slot);
    if (first) {
      const pause = signals.pause(slot);
      this.#pausing.set(slot, { pause, obeyed: Promise.withResolvers() });
      block.setPaused(slot, true);
      control.post({ type: 'pause', pause });
    }
    const standing = this.#pausing.get(slot)?.obeyed.promise ?? Promise.resolve();
    const hint = 'It is busy, and will stand still when its loop turns.';
    await withTimeout(standing, controlMsDefault, `Pausing ${name}`, () => ({ node: name, hint }));
    if (first) outbox.publish('node-paused', { node: name });
  }

  /** The node said its last word before it stands still. */
  standsStill({ slot }: MemberRecord, pause: number): void {
    const pausing = this.#pausing.get(slot);
    if (pausing?.pause !== pause) return;
    pausing.obeyed.resolve();
    this.#pausing.delete(slot);
  }

  resume({ name, slot }: MemberRecord): void {
    if (!this.#parts.signals.paused(slot)) return;
    this.#release(slot);
    this.#pausing.get(slot)?.obeyed.reject(new ConfigError(`${name} was resumed before it stood still.`, resumeHint));
    this.#pausing.delete(slot);
    this.#parts.outbox.publish('node-resumed', { node: name });
  }

  /** The node ended: its next incarnation is not paused. */
  ended({ name, slot }: MemberRecord): void {
    this.#pausing.get(slot)?.obeyed.reject(new NodeDownError(name, 'unknown'));
    this.#pausing.delete(slot);
    this.#release(slot);
  }

  partition(groupA: readonly MemberName[], groupB: readonly MemberName[], oneWay: boolean): void {
    const { roster, block, outbox } = this.#parts;
    const from = groupA.map((name) => roster.byName(name).slot);
    const to = groupB.map((name) => roster.byName(name).slot);
    const both = groupA.find((name) => groupB.includes(name));
    if (from.length === 0 || to.length === 0 || both !== undefined) {
      throw new ConfigError('A partition needs two groups of members that have none in common.', {
        hint: both === undefined ? 'Name at least one member in each.' : `${both} is in both.`,
      });
    }
    for (const a of from) {
      for (const b of to) {
        block.setCut(a, b, true);
        if (!oneWay) block.setCut(b, a, true);
      }
    }
    outbox.publish('partitioned', { groupA, groupB, oneWay });
  }

  heal(): void {
    const { roster, block, outbox } = this.#parts;
    for (const a of roster.records) for (const b of roster.records) block.setCut(a.slot, b.slot, false);
    outbox.publish('healed', {});
  }

  #release(slot: MemberSlot): void {
    this.#parts.block.setPaused(slot, false);
    this.#parts.signals.resume(slot);
  }
}
