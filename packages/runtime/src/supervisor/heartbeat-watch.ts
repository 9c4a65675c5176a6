import type { MemberSlot } from '../member.ts';

export type HeartbeatJudgement = {
  readonly slot: MemberSlot;
  readonly kind: 'stalled' | 'recovered' | 'hung';
  /** How long the heartbeat stood still, or had stood still. */
  readonly silentMs: number;
};

interface Watched {
  beat: number;
  movedAtMs: number;
  stalledAtMs: number | undefined;
  hung: boolean;
}

export interface HeartbeatWatchOptions {
  /** How often {@link HeartbeatWatch.look} is called. */
  readonly lookMs: number;
  readonly stallMs: number;
  /** 0: never. */
  readonly hangMs: number;
}

/**
 * Judges heartbeats, and only by looks that came in time: when the watcher itself was late, all members get the time
 * it missed back, because it cannot know whether they were silent or it was asleep (a suspended machine, a thread that
 * got no processor).
 */
export class HeartbeatWatch {
  readonly #options: HeartbeatWatchOptions;
  readonly #members = new Map<MemberSlot, Watched>();
  #lookedAtMs: number | undefined;

  constructor(options: HeartbeatWatchOptions) {
    this.#options = options;
  }

  add(slot: MemberSlot, beat: number, nowMs: number): void {
    this.#members.set(slot, { beat, movedAtMs: nowMs, stalledAtMs: undefined, hung: false });
  }

  remove(slot: MemberSlot): void {
    this.#members.delete(slot);
  }

  /** Look at all heartbeats; what is to be said about them, each change once. */
  look(nowMs: number, beatOf: (slot: MemberSlot) => number): HeartbeatJudgement[] {
    const { lookMs, stallMs, hangMs } = this.#options;
    const lateMs = this.#lookedAtMs === undefined ? 0 : nowMs - this.#lookedAtMs - lookMs;
    this.#lookedAtMs = nowMs;
    const judgements: HeartbeatJudgement[] = [];
    for (const [slot, member] of this.#members) {
      const beat = beatOf(slot);
      if (lateMs > lookMs) member.movedAtMs += lateMs;
      const silentMs = Math.max(0, nowMs - member.movedAtMs);
      if (beat !== member.beat) {
        if (member.stalledAtMs !== undefined) judgements.push({ slot, kind: 'recovered', silentMs });
        this.add(slot, beat, nowMs);
      } else if (silentMs >= stallMs && member.stalledAtMs === undefined) {
        member.stalledAtMs = nowMs;
        judgements.push({ slot, kind: 'stalled', silentMs });
      }
      if (hangMs > 0 && beat === member.beat && silentMs >= hangMs && !member.hung) {
        member.hung = true;
        judgements.push({ slot, kind: 'hung', silentMs });
      }
    }
    return judgements;
  }
}
