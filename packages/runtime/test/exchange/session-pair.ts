import { forEachFrame } from '../../src/exchange/frame-layout.ts';
import type { RecordLog } from '../../src/exchange/record-log.ts';
import { sessionHeaderBytes } from '../../src/exchange/session-header.ts';
import { SessionHost } from '../../src/exchange/session-host.ts';
import { type TrafficClass, trafficClasses } from '../../src/exchange/types.ts';
import type { SessionNotice } from '../../src/kernel/session-types.ts';
import { retransmitBytesMax } from '../../src/limits.ts';
import { FaultLink, type LinkFaults, noFaults } from '../interconnect/fault-link.ts';
import { type LinkEnd, type MakePair, portPair, ringPair } from '../interconnect/link-pair.ts';

const port = 7;

/** A seeded source of numbers from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One side of a session over faulty links, in virtual time. Frames are numbered by class, and checked on arrival. */
export class SessionSide {
  readonly host: SessionHost;
  readonly links: FaultLink[];
  readonly faults: LinkFaults[];
  readonly notices: SessionNotice[] = [];
  readonly errors: Error[] = [];
  /** Next frame to send, and next one expected, by class. */
  readonly sent = trafficClasses.map(() => 0);
  readonly delivered = trafficClasses.map(() => 0);
  /** First thing that was wrong with a delivery. */
  wrong = '';
  /** Numbers reported at the end of the session, by class. */
  readonly lost: { fate: string; trafficClass: number; number: number }[] = [];
  readonly #clock: { nowMs: number };
  #beats = 0;

  constructor(ends: readonly LinkEnd[], clock: { nowMs: number }, random: () => number) {
    this.#clock = clock;
    this.faults = ends.map(() => noFaults());
    this.links = ends.map((end, index) => new FaultLink(end.link, this.faults[index] as LinkFaults, random));
    this.host = new SessionHost(
      this.links,
      {
        onRecord: (trafficClass, bytes, words, start, end) => {
          forEachFrame(words, start, end, (to, frameStart, frameEnd) => {
            this.#check(trafficClass, to, bytes, frameStart, frameEnd);
          });
        },
        onNotice: (notice, logs) => {
          this.notices.push(notice);
          if (notice.type === 'ended') this.#settle(notice, logs);
        },
        onRoom: () => {},
        onProtocolError: (error) => this.errors.push(error),
      },
      () => clock.nowMs,
    );
    for (const [index, end] of ends.entries()) {
      end.owner = {
        onDown: (reason) => this.host.linkDown(index, reason),
        onUp: () => this.host.linkUp(index),
      };
      this.host.linkUp(index);
    }
  }

  /** Send the next frame of a class; false when the class has no room. */
  send(trafficClass: TrafficClass, length: number): boolean {
    const log = this.host.reserve(trafficClass, length);
    if (log === undefined) return false;
    const number = this.sent[trafficClass] as number;
    const start = log.frameStart;
    log.bytes.fill(number & 0xff, start, start + length);
    log.view.setUint32(start, number);
    log.commit(port, length);
    this.sent[trafficClass] = number + 1;
    return true;
  }

  drain(recordsMax = 1000): void {
    for (const [index, link] of this.links.entries()) {
      link.poll();
      link.drain(recordsMax, (bytes, words, start, end) => this.host.receive(index, bytes, words, start, end));
    }
    this.host.resumeWritable();
    this.host.publish();
  }

  tick(): void {
    this.#beats++;
    this.host.tick(this.#clock.nowMs, this.#beats);
  }

  #check(trafficClass: number, to: number, bytes: Uint8Array, start: number, end: number): void {
    const number = new DataView(bytes.buffer).getUint32(bytes.byteOffset + start);
    const expected = this.delivered[trafficClass] as number;
    const whole = bytes.subarray(start + 4, end).every((byte) => byte === (number & 0xff));
    if (number !== expected || to !== port || !whole) {
      this.wrong ||= `frame ${number} of class ${trafficClass} came in place of ${expected}${whole ? '' : ', torn'}`;
    }
    this.delivered[trafficClass] = expected + 1;
  }

  #settle(notice: SessionNotice & { type: 'ended' }, logs: readonly (RecordLog | undefined)[]): void {
    for (const loss of notice.losses) {
      const log = logs[loss.trafficClass];
      const report = (fate: string, handle: number): void => {
        if (log === undefined) return;
        forEachFrame(log.words, log.startOf(handle) + sessionHeaderBytes, log.endOf(handle), (_port, start) => {
          this.lost.push({ fate, trafficClass: loss.trafficClass, number: log.view.getUint32(start) });
        });
      };
      for (const handle of loss.unknown) report('unknown', handle);
      for (const handle of loss.undelivered) report('not-sent', handle);
    }
  }
}

/** Both sides of a session over one ring link and one port link, in one thread and in virtual time. */
export class SessionPair {
  readonly clock = { nowMs: 0 };
  readonly a: SessionSide;
  readonly b: SessionSide;
  readonly #close: () => void;

  constructor(random: () => number, makers: readonly MakePair[] = [ringPair, portPair]) {
    const pairs = makers.map((make) => make());
    this.a = new SessionSide(
      pairs.map((pair) => pair.a),
      this.clock,
      random,
    );
    this.b = new SessionSide(
      pairs.map((pair) => pair.b),
      this.clock,
      random,
    );
    this.#close = () => {
      for (const pair of pairs) pair.close();
    };
    const links = makers.map((_, index) => index);
    const caps = trafficClasses.map(() => retransmitBytesMax);
    this.a.host.start(1, 1, links, caps);
    this.b.host.start(1, 1, links, caps);
  }

  /** One round of everything: the event loop turns, both sides drain, and `ms` pass. */
  async turn(ms = 10): Promise<void> {
    this.clock.nowMs += ms;
    await new Promise((resolve) => setImmediate(resolve));
    for (const side of [this.a, this.b]) {
      side.host.flush();
      side.drain();
    }
    for (const side of [this.a, this.b]) side.tick();
  }

  /** Let time pass until nothing is under way. */
  async settle(turns = 2000): Promise<boolean> {
    for (let turn = 0; turn < turns; turn++) {
      if (this.quiet) return true;
      await this.turn();
    }
    return this.quiet;
  }

  get quiet(): boolean {
    return trafficClasses.every(
      (_, index) => this.a.sent[index] === this.b.delivered[index] && this.b.sent[index] === this.a.delivered[index],
    );
  }

  close(): void {
    this.#close();
  }
}
