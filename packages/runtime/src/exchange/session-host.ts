import type { InterconnectLink, LinkDownReason } from '../interconnect/types.ts';
import type { SessionEnv } from '../kernel/session-env.ts';
import { sessionKernel } from '../kernel/session-kernel.ts';
import {
  acknowledgeTimer,
  type Endpoint,
  type LinkId,
  retentionTimer,
  retransmitTimer,
  type SessionEvent,
  type SessionNotice,
} from '../kernel/session-types.ts';
import { creditEveryRecords } from '../limits.ts';
import { KernelTimers } from './kernel-timers.ts';
import { RecordLog } from './record-log.ts';
import { LinkEvent, PlainEvent } from './session-events.ts';
import { sessionHeaderBytes } from './session-header.ts';
import { sessionEnv } from './session-settings.ts';
import { noSequence, SessionSink } from './session-sink.ts';
import { type TrafficClass, trafficClasses } from './types.ts';

/** What a session tells the exchange it belongs to. */
export interface SessionOwner {
  /** A record arrived, its frames lie in `bytes[start..end)`, valid during the call. */
  onRecord(trafficClass: TrafficClass, bytes: Uint8Array, words: Int32Array, start: number, end: number): void;
  /** Everything else, after the step that caused it; `logs` hold the records an `ended` notice names. */
  onNotice(notice: SessionNotice, logs: readonly (RecordLog | undefined)[]): void;
  /** Room for a class that was refused some. */
  onRoom(trafficClass: TrafficClass): void;
  onProtocolError(error: Error): void;
}

/**
 * Runs the session kernel for one peer on real links: keeps the records, writes and reads their headers, performs the
 * kernel's effects, and reports to it what the links do.
 */
export class SessionHost {
  readonly #owner: SessionOwner;
  readonly #env: SessionEnv;
  readonly #timers = new KernelTimers();
  readonly #links: readonly InterconnectLink[];
  readonly #sink: SessionSink;
  readonly state: ReturnType<typeof sessionKernel.initial>;
  #logs: (RecordLog | undefined)[] = [];
  #logBytesMax: readonly number[] = [];
  /** Classes that were refused room, as bits. */
  #wanted = 0;
  /** Records consumed whose credit was not given back yet, by class. */
  readonly #uncredited: number[] = trafficClasses.map(() => 0);
  /** Links that must report when they are writable, as bits. */
  #unwritable = 0;
  readonly #notices: SessionNotice[] = [];
  #settling = false;
  /** The peer's heartbeat when a timer was held back last. */
  #peerBeats = -1;
  readonly #plain = new PlainEvent();
  readonly #onLink = new LinkEvent();

  constructor(links: readonly InterconnectLink[], owner: SessionOwner, nowMs: () => number = () => performance.now()) {
    this.#owner = owner;
    this.#links = links;
    this.#env = sessionEnv(links.length);
    this.state = sessionKernel.initial(this.#env);
    this.#sink = new SessionSink(links, this.#timers, nowMs);
    this.#forget();
  }

  /** Whether there is a session that has not ended. */
  get live(): boolean {
    return this.state.phase === 'open' || this.state.phase === 'closing';
  }

  /** Whether something waits: for an acknowledgement, for a turn to acknowledge, for a link. */
  get restless(): boolean {
    const { classes, links, owed } = this.state;
    if (!this.live) return false;
    for (const each of classes) if (each.unacknowledged < each.next) return true;
    return owed > 0 || this.state.phase === 'closing' || links.some((link) => link.state !== 'up');
  }

  get retainedBytes(): number {
    return this.#logs.reduce((sum, log) => sum + (log?.retainedBytes ?? 0), 0);
  }

  /** Start a session both sides agreed on. `logBytesMax`: cap of the retransmission buffer of each class. */
  start(self: Endpoint, peer: Endpoint, links: readonly LinkId[], logBytesMax: readonly number[]): void {
    this.#logBytesMax = logBytesMax;
    Object.assign(this.#plain, { self, peer, links });
    this.#tell('open');
  }

  /** The log with room for a frame of up to `bytesMax` in its open record, or undefined when the class must wait. */
  reserve(trafficClass: TrafficClass, bytesMax: number): RecordLog | undefined {
    if (this.state.phase !== 'open') return undefined;
    const log = this.#logs[trafficClass] ?? this.#newLog(trafficClass);
    if (log.writing) {
      if (log.fits(bytesMax)) return log;
      this.#seal(trafficClass, log);
      this.publish();
    }
    if (log.open(bytesMax)) return log;
    this.#wanted |= 1 << trafficClass;
    return undefined;
  }

  /** Send every record begun, and make what was sent visible. */
  flush(): void {
    for (let index = 0; index < this.#logs.length; index++) {
      const log = this.#logs[index];
      if (log?.writing && log.frames > 0) this.#seal(index as TrafficClass, log);
    }
    this.publish();
  }

  publish(): void {
    if (!this.#sink.touched) return;
    this.#sink.touched = false;
    for (const link of this.#links) link.publish();
  }

  /** Take one record off `link`. */
  receive(link: LinkId, bytes: Uint8Array, words: Int32Array, start: number, end: number): void {
    try {
      if (end - start < sessionHeaderBytes) throw new RangeError(`a record of ${end - start} bytes has no header`);
      this.#onLink.frame.read(words, start);
      // Whatever was begun before the peer's CLOSE was heard still counts as accepted.
      if (this.#onLink.frame.type === 'close') this.flush();
      this.#sink.delivered = false;
      this.#tellOf('frame', link);
    } catch (error) {
      this.#owner.onProtocolError(error as Error);
      this.#links[link]?.fail('corrupt');
      return;
    }
    if (!this.#sink.delivered) return;
    this.#sink.delivered = false;
    const { trafficClass } = this.#onLink.frame;
    this.#owner.onRecord(trafficClass, bytes, words, start + sessionHeaderBytes, end);
    const consumed = (this.#uncredited[trafficClass] as number) + 1;
    this.#uncredited[trafficClass] = consumed;
    if (consumed >= creditEveryRecords) this.#credit(trafficClass);
  }

  close(): void {
    this.flush();
    this.#tell('close');
    this.publish();
  }

  /** End at once, sending nothing more. */
  end(): void {
    this.#tell('peer-dead');
  }

  linkDown(link: LinkId, reason: LinkDownReason): void {
    this.#unwritable &= ~(1 << link);
    if (reason === 'closed') return;
    this.#tellOf('link-failed', link);
    this.#links[link]?.renew();
    this.publish();
  }

  linkUp(link: LinkId): void {
    this.#tellOf('link-restored', link);
    this.publish();
  }

  suspect(link: LinkId): void {
    this.#tellOf('link-suspect', link);
    this.publish();
  }

  /** Go on on links that had no room and have some now. */
  resumeWritable(): void {
    if (this.#unwritable === 0) return;
    for (let link = 0; link < this.#links.length; link++) {
      if ((this.#unwritable & (1 << link)) === 0 || !this.#links[link]?.writable()) continue;
      this.#unwritable &= ~(1 << link);
      this.#tellOf('link-writable', link);
    }
  }

  /** On every heartbeat. `peerBeats`: of the peer; what waits for the peer waits on while that stands still. */
  tick(nowMs: number, peerBeats: number): void {
    const peerStands = peerBeats === this.#peerBeats;
    this.#peerBeats = peerBeats;
    if (this.state.owed > 0 && this.#timers.armed(acknowledgeTimer)) this.#timers.set(acknowledgeTimer, nowMs);
    this.#timers.fire(nowMs, (timer) => {
      if (peerStands && (timer === retransmitTimer || timer === retentionTimer)) {
        const { retransmitMs, retentionMs } = this.#env.timings;
        this.#timers.set(timer, nowMs + (timer === retransmitTimer ? retransmitMs : retentionMs));
      } else {
        this.#plain.timer = timer;
        this.#tell('timer');
      }
    });
    this.resumeWritable();
    this.publish();
  }

  /** The session is over: nothing of it may get into the next one. */
  #forget(): void {
    this.#logs = trafficClasses.map(() => undefined);
    this.#sink.logs = this.#logs;
    this.#wanted = 0;
    this.#unwritable = 0;
    this.#uncredited.fill(0);
  }

  /** Tell the kernel what was consumed: windows are wide against what is told at a time. */
  #credit(trafficClass: TrafficClass): void {
    this.#plain.trafficClass = trafficClass;
    this.#plain.records = this.#uncredited[trafficClass] as number;
    this.#uncredited[trafficClass] = 0;
    this.#tell('consumed');
  }

  #newLog(trafficClass: TrafficClass): RecordLog {
    const log = new RecordLog(this.#env.windows[trafficClass] as number, this.#logBytesMax[trafficClass]);
    this.#logs[trafficClass] = log;
    return log;
  }

  #seal(trafficClass: TrafficClass, log: RecordLog): void {
    this.#plain.trafficClass = trafficClass;
    this.#plain.handle = log.seal();
    this.#tell('send');
    // The log holds at most a window, and nothing is sealed while the session closes: the kernel has no reason to refuse.
    if (this.#sink.sent !== 'accepted') throw new RangeError(`the session refused a sealed record: ${this.#sink.sent}`);
  }

  #tell(type: SessionEvent['type']): void {
    this.#plain.type = type;
    this.#step(this.#plain as SessionEvent);
  }

  #tellOf(type: SessionEvent['type'], link: LinkId): void {
    this.#onLink.type = type;
    this.#onLink.link = link;
    this.#step(this.#onLink as SessionEvent);
  }

  #step(event: SessionEvent): void {
    sessionKernel.step(this.state, event, this.#env, this.#sink);
    if (this.#sink.blocked) this.#reportBlocked();
    if (this.#sink.notices.length > 0) this.#settle();
    if (this.#sink.released && this.#wanted !== 0) this.#offerRoom();
  }

  #reportBlocked(): void {
    const { blockedAt, blockedOn } = this.#sink;
    this.#sink.blocked = false;
    for (let index = 0; index < blockedAt.length; index++) {
      const sequence = blockedAt[index] as number;
      if (sequence === noSequence) continue;
      blockedAt[index] = noSequence;
      const link = blockedOn[index] as LinkId;
      this.#unwritable |= 1 << link;
      this.#onLink.trafficClass = index;
      this.#onLink.sequence = sequence;
      this.#tellOf('link-blocked', link);
    }
  }

  /** Perform what the kernel asked for, in order, also when performing it makes the kernel ask for more. */
  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    const { notices } = this.#sink;
    for (let index = 0; index < notices.length; index++) {
      const notice = notices[index] as SessionNotice;
      if (notice.type === 'link' && notice.state === 'fenced') this.#renew(notice.link);
      this.#owner.onNotice(notice, this.#logs);
      if (notice.type === 'ended') this.#forget();
    }
    notices.length = 0;
    this.#settling = false;
  }

  /**
   * A fenced link needs its carrier. One that is up serves: what it still holds is of an older epoch and refused by the
   * kernel, and a record that a sleeping writer completes late has the old epoch in its header too.
   */
  #renew(index: LinkId): void {
    const link = this.#links[index];
    if (link === undefined || this.state.links[index]?.carrier) return;
    if (link.up) this.#tellOf('link-restored', index);
    else link.renew();
  }

  #offerRoom(): void {
    this.#sink.released = false;
    const wanted = this.#wanted;
    this.#wanted = 0;
    for (let index = 0; index < trafficClasses.length; index++) {
      if ((wanted & (1 << index)) !== 0) this.#owner.onRoom(index as TrafficClass);
    }
  }
}
