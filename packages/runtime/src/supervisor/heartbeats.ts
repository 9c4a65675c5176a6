import { idleBeatsPerStall, idleHeartbeatMsMax, idleHeartbeatMsMin } from '../limits.ts';
import { HeartbeatWatch } from './heartbeat-watch.ts';
import type { MemberRecord } from './member-record.ts';
import type { SupervisorParts } from './parts.ts';

/** Watches the members' heartbeats: reports what stalls and recovers, and names who hung for `hangMs`. */
export class Heartbeats {
  readonly #parts: SupervisorParts;
  readonly #watch: HeartbeatWatch;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: SupervisorParts, hung: (record: MemberRecord) => void) {
    this.#parts = parts;
    const { stallMs, hangMs } = parts.config;
    const silenceMs = hangMs > 0 ? Math.min(stallMs, hangMs) : stallMs;
    const lookMs = Math.min(
      Math.max(Math.floor(silenceMs / idleBeatsPerStall), idleHeartbeatMsMin),
      idleHeartbeatMsMax,
    );
    parts.block.setIdleBeatMs(lookMs);
    this.#watch = new HeartbeatWatch({ lookMs, stallMs, hangMs });
    this.#timer = setInterval(() => this.#look(hung), lookMs);
  }

  add({ slot }: MemberRecord): void {
    this.#watch.add(slot, this.#parts.block.heartbeat(slot), performance.now());
  }

  remove({ slot }: MemberRecord): void {
    this.#watch.remove(slot);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(hung: (record: MemberRecord) => void): void {
    const { block, roster, outbox } = this.#parts;
    for (const { slot, kind, silentMs } of this.#watch.look(performance.now(), (member) => block.heartbeat(member))) {
      const record = roster.get(slot);
      if (record === undefined) continue;
      const { name: node, incarnation } = record;
      if (kind === 'hung') hung(record);
      else outbox.publish(kind === 'stalled' ? 'node-stalled' : 'node-recovered', { node, incarnation, silentMs });
    }
  }
}
