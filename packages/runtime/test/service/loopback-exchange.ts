import assert from 'node:assert/strict';
import type {
  Exchange,
  FrameHandler,
  FrameSpace,
  PeerListener,
  PeerLoss,
  PortNumber,
  TrafficClass,
} from '../../src/exchange/types.ts';
import { frameBytesMax } from '../../src/limits.ts';
import type { MemberSlot } from '../../src/member.ts';

interface Frame {
  readonly port: PortNumber;
  readonly start: number;
  end: number;
}

interface Record {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly trafficClass: TrafficClass;
  frames: Frame[];
  used: number;
}

const recordBytes = frameBytesMax + 1024;

/**
 * Exchanges of one thread, joined in memory: what the real ones promise, and a test's hands on the window, the links
 * and the deaths. Records are delivered from a later turn of the event loop, as doorbells do it.
 */
export class Loopback {
  readonly #exchanges = new Map<MemberSlot, LoopbackExchange>();
  /** Records under way per direction before `begin` refuses. */
  windowRecords = 1000;
  readonly #cut = new Set<string>();

  exchange(self: MemberSlot): LoopbackExchange {
    const exchange = new LoopbackExchange(this, self);
    this.#exchanges.set(self, exchange);
    return exchange;
  }

  at(slot: MemberSlot): LoopbackExchange | undefined {
    return this.#exchanges.get(slot);
  }

  /** Frames between two members are kept, not delivered, until {@link heal}. */
  cut(a: MemberSlot, b: MemberSlot): void {
    this.#cut.add(`${a}-${b}`).add(`${b}-${a}`);
  }

  isCut(from: MemberSlot, to: MemberSlot): boolean {
    return this.#cut.has(`${from}-${to}`);
  }

  heal(): void {
    this.#cut.clear();
    for (const exchange of this.#exchanges.values()) exchange.wake();
  }

  /** The session between two members ends, as each of them hears it; frames under way are gone. */
  lose(a: MemberSlot, b: MemberSlot, loss: PeerLoss = 'dead'): void {
    this.at(a)?.loseSession(b, loss);
    this.at(b)?.loseSession(a, loss);
  }
}

export class LoopbackExchange implements Exchange {
  readonly self: MemberSlot;
  readonly #loopback: Loopback;
  readonly #handlers = new Map<PortNumber, FrameHandler>();
  readonly #listeners = new Set<PeerListener>();
  readonly #open = new Map<MemberSlot, Record[]>();
  readonly #inbox: { from: MemberSlot; record: Record }[] = [];
  readonly #underWay = new Map<MemberSlot, number>();
  readonly #refused = new Set<MemberSlot>();
  readonly #dead = new Set<MemberSlot>();
  readonly #spare: Record[] = [];
  readonly #space: FrameSpace = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)), start: 0, end: 0 };
  #record: Record | undefined;
  #frame: Frame | undefined;
  #awake = false;
  #flushing = false;
  /** What `connect` does; default: the session is there at once. */
  connectAnswer: (peer: MemberSlot) => Promise<void> = () => Promise.resolve();
  /** Peers without a session until {@link becomeReady}. */
  readonly unready = new Set<MemberSlot>();
  /** Frames handed over by `begin` and `commit`, for tests that count. */
  framesSent = 0;

  constructor(loopback: Loopback, self: MemberSlot) {
    this.#loopback = loopback;
    this.self = self;
  }

  ready(peer: MemberSlot): boolean {
    return !this.unready.has(peer) && !this.#dead.has(peer) && this.#loopback.at(peer) !== undefined;
  }

  connect(peer: MemberSlot): Promise<void> {
    return this.connectAnswer(peer);
  }

  becomeReady(peer: MemberSlot): void {
    this.unready.delete(peer);
    this.#dead.delete(peer);
    for (const listener of this.#listeners) listener.onReady?.(peer);
  }

  begin(peer: MemberSlot, trafficClass: TrafficClass, port: PortNumber, bytesMax: number): FrameSpace | undefined {
    assert.equal(this.#frame, undefined, 'a frame was begun before the last one was committed');
    assert.ok(bytesMax <= frameBytesMax && bytesMax >= 0 && peer !== this.self);
    if (!this.ready(peer)) return undefined;
    const records = this.#open.get(peer) ?? [];
    let record = records.at(-1);
    if (record === undefined || record.trafficClass !== trafficClass || record.used + bytesMax > recordBytes) {
      if ((this.#underWay.get(peer) ?? 0) + records.length >= this.#loopback.windowRecords) {
        this.#refused.add(peer);
        return undefined;
      }
      record = this.#newRecord(trafficClass);
      records.push(record);
      this.#open.set(peer, records);
    }
    this.#record = record;
    this.#frame = { port, start: record.used, end: record.used };
    this.#space.bytes = record.bytes;
    this.#space.view = record.view;
    this.#space.start = record.used;
    this.#space.end = record.used + bytesMax;
    return this.#space;
  }

  commit(bytes: number): void {
    const [record, frame] = [this.#record, this.#frame];
    assert.ok(record !== undefined && frame !== undefined && frame.start + bytes <= this.#space.end);
    frame.end = frame.start + bytes;
    record.used = frame.end;
    record.frames.push(frame);
    this.#frame = undefined;
    this.framesSent += 1;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.#flushing = false;
    for (const [peer, records] of this.#open) {
      this.#open.delete(peer);
      for (const record of records) {
        this.#underWay.set(peer, (this.#underWay.get(peer) ?? 0) + 1);
        this.#loopback.at(peer)?.take(this.self, record);
      }
    }
  }

  take(from: MemberSlot, record: Record): void {
    this.#inbox.push({ from, record });
    this.wake();
  }

  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(() => {
      this.#awake = false;
      this.drain();
    });
  }

  consume(port: PortNumber, handler: FrameHandler): () => void {
    assert.ok(!this.#handlers.has(port));
    this.#handlers.set(port, handler);
    return () => this.#handlers.delete(port);
  }

  listen(listener: PeerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly delivering = false;

  drain(): number {
    const held: { from: MemberSlot; record: Record }[] = [];
    let frames = 0;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      const { from, record } = next;
      if (this.#loopback.isCut(from, this.self)) {
        held.push(next);
        continue;
      }
      for (const { port, start, end } of record.frames) this.#handlers.get(port)?.(from, record.bytes, start, end);
      frames += record.frames.length;
      // What a consumer kept a view of turns to rubbish, as it would in a ring.
      if (record.bytes.length > 0) record.bytes.fill(0xdb, 0, Math.min(record.used, 64));
      this.#spare.push(record);
      this.#loopback.at(from)?.delivered(this.self);
    }
    this.#inbox.push(...held);
    return frames;
  }

  wait(): boolean {
    return this.#inbox.length > 0;
  }

  delivered(peer: MemberSlot): void {
    this.#underWay.set(peer, (this.#underWay.get(peer) ?? 1) - 1);
    if (!this.#refused.delete(peer)) return;
    for (const listener of this.#listeners) listener.onWritable?.(peer, 2);
  }

  loseSession(peer: MemberSlot, loss: PeerLoss): void {
    this.#dead.add(peer);
    for (const { bytes, frames } of this.#open.get(peer) ?? []) {
      for (const { port, start, end } of frames) {
        for (const listener of this.#listeners) listener.onUndelivered?.(peer, 'not-sent', port, bytes, start, end);
      }
    }
    this.#open.delete(peer);
    this.#underWay.delete(peer);
    this.#refused.delete(peer);
    const others = this.#inbox.filter(({ from }) => from !== peer);
    this.#inbox.splice(0, this.#inbox.length, ...others);
    for (const listener of this.#listeners) listener.onLost?.(peer, loss);
  }

  #newRecord(trafficClass: TrafficClass): Record {
    const spare = this.#spare.pop();
    if (spare !== undefined) {
      spare.frames = [];
      spare.used = 0;
      return { ...spare, trafficClass };
    }
    const bytes = new Uint8Array(new SharedArrayBuffer(recordBytes));
    return { bytes, view: new DataView(bytes.buffer), trafficClass, frames: [], used: 0 };
  }
}
