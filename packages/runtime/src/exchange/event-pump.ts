import {
  blockSliceMsMax,
  blockSliceMsMin,
  drainTurnsMax,
  heartbeatMs,
  lateHeartbeatMs,
  recordsPerTurnMax,
} from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import { memberSetWords } from '../memory/cluster-block.ts';
import type { Waker } from '../wake/waker.ts';

/** What a pump turns. */
export interface PumpOwner {
  /** Told to stand still: nothing is drained, sent, or judged, and the heart does not beat. */
  paused(): boolean;
  /** Take at most `recordsMax` records of one peer; how many they were. */
  drainPeer(peer: MemberSlot, recordsMax: number): number;
  /** Send what was begun, make it visible. */
  flush(): void;
  /** Look after everything that depends on time. `late`: this thread was stalled before. */
  tick(nowMs: number, late: boolean): void;
}

/**
 * When a member looks at what arrived. On a doorbell, a notify or a heartbeat it takes a bounded batch from every peer
 * that signalled, sends the answers, and either yields (when there is more) or arms itself for the next wake-up.
 */
export class EventPump {
  readonly #owner: PumpOwner;
  readonly #waker: Waker;
  readonly #blocking: boolean;
  /** Peers whose last batch was cut short, as bits. */
  readonly #backlog = new Int32Array(memberSetWords);
  readonly #heart: NodeJS.Timeout;
  #turnDue: NodeJS.Immediate | undefined;
  #lastTickMs = performance.now();
  #sliceMs = blockSliceMsMin;
  #busy = false;
  #closed = false;

  constructor(owner: PumpOwner, waker: Waker, blocking: boolean) {
    this.#owner = owner;
    this.#waker = waker;
    this.#blocking = blocking;
    this.#heart = setInterval(() => this.#heartbeat(), heartbeatMs);
    // A blocking member's turns keep its thread alive; of others the doorbells do.
    this.#heart.unref();
    if (blocking) this.#yield();
    else waker.arm();
  }

  /** Whether a batch is being handled: what is sent now is flushed at its end. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The doorbell rang. */
  wake(): void {
    if (this.#busy || this.#closed) return;
    this.#waker.stayAwake();
    // A paused member stays awake, so that nobody rings for nothing; its heartbeat looks when the pause is over.
    if (this.#owner.paused()) return;
    const more = this.#round() > 0 && this.#hasBacklog;
    if (more || !this.#waker.arm()) this.#yield();
  }

  /** Handle all that has arrived, within bounds; the number of records. 0 from inside a handler: it would overtake. */
  drain(): number {
    let records = 0;
    for (let turn = 0; turn < drainTurnsMax; turn++) {
      const taken = this.#round();
      if (taken === 0) break;
      records += taken;
    }
    this.#tickIfDue();
    return records;
  }

  /** Block until a peer signals or `ms` passed, beating meanwhile; whether one did. */
  wait(ms: number): boolean {
    if (this.#busy) return false;
    this.#owner.flush();
    const untilMs = performance.now() + ms;
    for (;;) {
      if (this.#hasBacklog || this.#waker.signalled) return true;
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) return false;
      this.#waker.wait(Math.min(leftMs, heartbeatMs));
      this.#tickIfDue();
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heart);
    if (this.#turnDue !== undefined) clearImmediate(this.#turnDue);
    this.#waker.stayAwake();
  }

  get #hasBacklog(): boolean {
    for (let word = 0; word < memberSetWords; word++) if (this.#backlog[word] !== 0) return true;
    return false;
  }

  #yield(): void {
    if (this.#turnDue !== undefined || this.#closed) return;
    this.#turnDue = setImmediate(() => {
      this.#turnDue = undefined;
      if (this.#blocking) this.#blockingTurn();
      else this.wake();
    });
  }

  /** One turn of a blocking member: handle, else sleep on the armed word, then let the event loop turn once. */
  #blockingTurn(): void {
    if (this.#round() > 0) {
      this.#sliceMs = blockSliceMsMin;
    } else if (this.#waker.wait(this.#sliceMs)) {
      this.#sliceMs = blockSliceMsMin;
      this.#round();
    } else {
      this.#sliceMs = Math.min(this.#sliceMs + 1, blockSliceMsMax);
    }
    this.#yield();
  }

  /** Take a batch from every peer that signalled, then send what that led to. */
  #round(): number {
    if (this.#busy || this.#closed || this.#owner.paused()) return 0;
    this.#busy = true;
    let records = 0;
    try {
      for (let word = 0; word < memberSetWords; word++) {
        let bits = this.#waker.takeSignals(word) | (this.#backlog[word] as number);
        if (bits === 0) continue;
        this.#backlog[word] = 0;
        while (bits !== 0) {
          const bit = bits & -bits;
          bits ^= bit;
          const taken = this.#owner.drainPeer(32 * word + 31 - Math.clz32(bit), recordsPerTurnMax);
          if (taken >= recordsPerTurnMax) this.#backlog[word] = (this.#backlog[word] as number) | bit;
          records += taken;
        }
      }
      this.#owner.flush();
    } finally {
      this.#busy = false;
    }
    return records;
  }

  #heartbeat(): void {
    this.#tickIfDue();
    if (!this.#blocking) this.wake();
  }

  #tickIfDue(): void {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#lastTickMs;
    if (this.#busy || this.#closed || sinceMs < heartbeatMs / 2) return;
    this.#lastTickMs = nowMs;
    if (this.#owner.paused()) return;
    // Everyone may have sent something whose wake-up was lost.
    this.#backlog.fill(-1);
    this.#round();
    this.#owner.tick(nowMs, sinceMs > lateHeartbeatMs);
  }
}
