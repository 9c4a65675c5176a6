import type { EffectSink } from '@holdfast/kernel';
import type { InterconnectLink } from '../interconnect/types.ts';
import type { LinkId, SendResult, Sequence, SessionFrame, SessionNotice } from '../kernel/session-types.ts';
import type { KernelTimers } from './kernel-timers.ts';
import type { RecordLog } from './record-log.ts';
import { sessionHeaderBytes, writeSessionHeader } from './session-header.ts';
import { trafficClasses } from './types.ts';

export const noSequence = -1;

/**
 * Performs the session kernel's effects as they come: records go straight to their links, timers are armed, acknowledged
 * records are forgotten. What must wait until the step is over is noted here for the host.
 */
export class SessionSink implements EffectSink<SessionFrame, SendResult, SessionNotice> {
  readonly #links: readonly InterconnectLink[];
  readonly #timers: KernelTimers;
  readonly #nowMs: () => number;
  /** Frames that carry no record are built here. */
  readonly #scratch = new Uint8Array(sessionHeaderBytes);
  readonly #scratchWords = new Int32Array(this.#scratch.buffer);

  /** The records of the present session, by class. */
  logs: (RecordLog | undefined)[] = [];
  /** Whether something was written to a link and is not published. */
  touched = false;
  /** Answer to the last `send`. */
  sent: SendResult = 'no-session';
  /** The arrived record was the next of its class. */
  delivered = false;
  /** Records were acknowledged. */
  released = false;
  /** By class: the first record a link refused in this step, and the link. */
  readonly blockedAt: Sequence[] = trafficClasses.map(() => noSequence);
  readonly blockedOn: LinkId[] = trafficClasses.map(() => 0);
  blocked = false;
  /** All notices that the host must act on or pass on, in order. */
  readonly notices: SessionNotice[] = [];

  constructor(links: readonly InterconnectLink[], timers: KernelTimers, nowMs: () => number) {
    this.#links = links;
    this.#timers = timers;
    this.#nowMs = nowMs;
  }

  send(to: number, frame: SessionFrame): void {
    const link = this.#links[to];
    if (link === undefined) throw new RangeError(`the session has no link ${to}`);
    this.touched = true;
    if (frame.type !== 'data') {
      writeSessionHeader(this.#scratchWords, 0, frame);
      // Without room it is lost, as on any link that loses frames: the kernel repeats what must be heard.
      link.offer(this.#scratch, this.#scratchWords, 0, sessionHeaderBytes);
      return;
    }
    const { trafficClass, sequence, handle } = frame;
    if (this.blockedAt[trafficClass] !== noSequence) return;
    const log = this.logs[trafficClass] as RecordLog;
    const start = log.startOf(handle);
    writeSessionHeader(log.words, start, frame);
    if (link.offer(log.bytes, log.words, start, log.endOf(handle))) return;
    this.blockedAt[trafficClass] = sequence;
    this.blockedOn[trafficClass] = to;
    this.blocked = true;
  }

  setTimer(timer: number, afterMs: number): void {
    this.#timers.set(timer, this.#nowMs() + afterMs);
  }

  cancelTimer(timer: number): void {
    this.#timers.cancel(timer);
  }

  reply(_call: number, result: SendResult): void {
    this.sent = result;
  }

  deliver(notice: SessionNotice): void {
    if (notice.type === 'record') {
      this.delivered = true;
    } else if (notice.type === 'release') {
      // Records that were never acknowledged are read once more, for the report of what was lost, and go with their log.
      if (!notice.acknowledged) return;
      this.released = true;
      this.logs[notice.trafficClass]?.release(notice.handle);
    } else {
      this.notices.push(notice);
    }
  }

  trace(): void {
    // Traces are for the explorer and the simulator; a running session is seen through its notices and counters.
  }

  diskRead(): never {
    throw new RangeError('a session has no disk');
  }

  diskWrite(): never {
    throw new RangeError('a session has no disk');
  }

  diskFlush(): never {
    throw new RangeError('a session has no disk');
  }
}
