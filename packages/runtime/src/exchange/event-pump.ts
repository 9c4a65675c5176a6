import {
  blockHopsMax,
  blockRecordsMax,
  blockSliceMsMax,
  blockSliceMsMin,
  drainTurnsMax,
  heartbeatMs,
  idleHeartbeatMsMin,
  idleLookMs,
  lateHeartbeatMs,
  quietTicksMax,
  recordsPerTurnMax,
} from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import { memberSetWords } from '../memory/cluster-block.ts';
import { firstLinkSignal, otherSignal } from '../wake/doorbell.ts';
import type { Waker } from '../wake/waker.ts';

/** What a pump turns. */
export interface PumpOwner {
  /** Told to stand still: nothing is drained, sent, or judged, and the heart does not beat. */
  paused(): boolean;
  /** Take at most `recordsMax` records of one peer, off its first link only or off all; how many they were. */
  drainPeer(peer: MemberSlot, recordsMax: number, all: boolean): number;
  /** Send what was begun, make it visible; whether there was anything. */
  flush(): boolean;
  /**
   * Look after everything that depends on time; whether something waits for the next tick. `late`: this thread was
   * stalled before.
   */
  tick(nowMs: number, late: boolean): boolean;
  /** Show that this thread's loop turns. */
  beat(): void;
  /** How often to beat when there is nothing to do, in milliseconds; 0: nobody has said. */
  idleBeatMs(): number;
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
  #heart: NodeJS.Timeout;
  /** Period of the heart, and ticks in a row without any traffic. */
  #periodMs = heartbeatMs;
  #active = true;
  #quietTicks = 0;
  /** Slow heartbeats from one look at every link to the next. */
  #lookEveryTicks = 1;
  #turnDue: NodeJS.Immediate | undefined;
  #lastTickMs = performance.now();
  #sliceMs = blockSliceMsMin;
  #busy = false;
  #closed = false;

  constructor(owner: PumpOwner, waker: Waker, blocking: boolean) {
    this.#owner = owner;
    this.#waker = waker;
    this.#blocking = blocking;
    this.#heart = this.#startHeart();
    if (blocking) this.#yield();
    else waker.arm();
  }

  /** Whether what is sent now will be flushed by this pump, soon. */
  get flushes(): boolean {
    return this.#busy || this.#blocking;
  }

  /** Whether a handler of what arrived is at work. */
  get delivering(): boolean {
    return this.#busy;
  }

  /** Something was sent: the heart beats fast from now on. Delivers nothing: the sender is in the middle of its work. */
  stir(): void {
    this.#active = true;
    if (this.#periodMs === heartbeatMs || this.#closed) return;
    this.#quietTicks = 0;
    this.#beatEvery(heartbeatMs);
  }

  /** Look at everything soon, from the event loop. */
  lookSoon(): void {
    this.#backlog.fill(-1);
    this.#yield();
  }

  /** The doorbell rang. */
  wake(): void {
    if (this.#busy || this.#closed) return;
    const slept = this.#periodMs !== heartbeatMs;
    this.stir();
    // Whoever rang may be waiting for a beat.
    if (slept) this.#tickIfDue();
    this.#look();
  }

  #look(): void {
    this.#waker.stayAwake();
    // A paused member stays awake, so that nobody rings for nothing; its heartbeat looks when the pause is over.
    if (this.#owner.paused()) return;
    this.#round();
    if (this.#hasBacklog || !this.#waker.arm()) this.#yield();
    // Waking the peers comes last: a thread that goes to sleep right after it leaves them its core.
    this.#owner.flush();
  }

  /** Handle all that has arrived, within bounds; the number of records. 0 from inside a handler: it would overtake. */
  drain(): number {
    let records = 0;
    for (let turn = 0; turn < drainTurnsMax; turn++) {
      const taken = this.#round();
      if (taken === 0) break;
      records += taken;
      this.#owner.flush();
    }
    this.#tickIfDue();
    return records;
  }

  /** Block until a peer signals or `ms` passed, beating meanwhile; whether one did. */
  wait(ms: number): boolean {
    if (this.#busy) return false;
    this.#owner.flush();
    // The wait leaves the member awake: once its event loop turns again it looks, and arms itself.
    this.#yield();
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
    for (const word of this.#waker.peerWords) if (this.#backlog[word] !== 0) return true;
    return false;
  }

  #yield(): void {
    if (this.#turnDue !== undefined || this.#closed) return;
    this.#turnDue = setImmediate(() => {
      this.#turnDue = undefined;
      if (this.#blocking) void this.#blockingTurn();
      else this.#look();
    });
  }

  /**
   * One turn of a blocking member: handle what is there, send the answers, sleep on the armed word until there is more.
   * Promises are given a few hops to make their answers before it sleeps again, which costs far less than a turn of the
   * event loop; that turns when nothing came for a slice, and after `blockRecordsMax` records at the latest.
   *
   * When all was answered the slice is the longest at once: setting a processor's timer to a millisecond and back costs
   * several microseconds on a virtual machine (measured: 13 us a call against 22), one beyond the kernel's tick next to
   * nothing. What was not answered may wait for the event loop, which then turns after the shortest slice.
   */
  async #blockingTurn(): Promise<void> {
    for (let records = 0; records < blockRecordsMax && !this.#closed && !this.#owner.paused(); ) {
      const taken = this.#round();
      records += Math.max(taken, 1);
      let answered = this.#owner.flush();
      for (let hop = 0; hop < blockHopsMax && taken > 0 && !answered; hop++) {
        await undefined;
        answered = this.#owner.flush();
      }
      if (this.#hasBacklog) continue;
      if (!this.#waker.wait(answered ? blockSliceMsMax : this.#sliceMs)) {
        this.#sliceMs = Math.min(2 * this.#sliceMs, blockSliceMsMax);
        break;
      }
      this.#sliceMs = blockSliceMsMin;
      this.stir();
    }
    if (this.#owner.paused()) this.#waker.rest(blockSliceMsMax);
    this.#yield();
  }

  /** Take a batch from every peer that signalled. */
  #round(): number {
    if (this.#busy || this.#closed || this.#owner.paused()) return 0;
    this.#busy = true;
    let records = 0;
    try {
      for (const word of this.#waker.peerWords) {
        const all = this.#waker.takeSignals(word, otherSignal) | (this.#backlog[word] as number);
        let bits = this.#waker.takeSignals(word, firstLinkSignal) | all;
        if (bits === 0) continue;
        this.#backlog[word] = 0;
        while (bits !== 0) {
          const bit = bits & -bits;
          bits ^= bit;
          const peer = 32 * word + 31 - Math.clz32(bit);
          const taken = this.#owner.drainPeer(peer, recordsPerTurnMax, (all & bit) !== 0);
          if (taken >= recordsPerTurnMax) this.#backlog[word] = (this.#backlog[word] as number) | bit;
          records += taken;
        }
      }
    } finally {
      this.#busy = false;
    }
    return records;
  }

  #startHeart(): NodeJS.Timeout {
    // A blocking member's turns keep its thread alive; of others the doorbells do.
    return setInterval(() => this.#heartbeat(), this.#periodMs).unref();
  }

  #beatEvery(periodMs: number): void {
    this.#periodMs = periodMs;
    clearInterval(this.#heart);
    this.#heart = this.#startHeart();
  }

  #heartbeat(): void {
    if (this.#quietTicks > quietTicksMax && this.#quietTicks % this.#lookEveryTicks !== 0 && !this.#waker.signalled) {
      // Nothing has moved for long: the beat is all that others need.
      this.#quietTicks++;
      this.#lastTickMs = performance.now();
      if (!this.#owner.paused()) this.#owner.beat();
      return;
    }
    this.#tickIfDue();
    if (this.#closed) return;
    if (!this.#blocking) this.#look();
    if (this.#owner.paused()) this.#active = true;
    this.#quietTicks = this.#active ? 0 : this.#quietTicks + 1;
    this.#active = false;
    if (this.#quietTicks !== quietTicksMax) return;
    this.#beatEvery(this.#owner.idleBeatMs() || idleHeartbeatMsMin);
    this.#lookEveryTicks = Math.ceil(idleLookMs / this.#periodMs);
  }

  #tickIfDue(): void {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#lastTickMs;
    if (this.#busy || this.#closed || sinceMs < heartbeatMs / 2) return;
    this.#lastTickMs = nowMs;
    if (this.#owner.paused()) return;
    // Everyone may have sent something whose wake-up was lost.
    this.#backlog.fill(-1);
    if (this.#round() > 0) this.#active = true;
    if (this.#owner.tick(nowMs, sinceMs > this.#periodMs + lateHeartbeatMs)) this.#active = true;
    // The beat comes last: peers may conclude that what reached this member before has been handled and acknowledged.
    this.#owner.beat();
  }
}
