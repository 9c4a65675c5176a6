import { ClosedError, NodeDownError } from '../errors.ts';
import type { DriverName } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import { drainMs, frameBytesMax, portNumberMax } from '../limits.ts';
import { type MemberSlot, memberName, memberSlots } from '../member.ts';
import { Waker } from '../wake/waker.ts';
import { Demultiplexer, type RecordBatch } from './demultiplexer.ts';
import { ConsumerThrewError, FrameTooLargeError } from './errors.ts';
import { EventPump } from './event-pump.ts';
import type { ExchangeOptions, MemberExchange, PeerDiagnostics } from './member-exchange.ts';
import { Peer, type PeerOwner } from './peer.ts';
import type { PeerPlace } from './peer-place.ts';
import type { RecordLog } from './record-log.ts';
import { type LinkFactory, standardLinks } from './standard-links.ts';
import type { FrameHandler, FrameSpace, PeerListener, PeerLoss, PortNumber, TrafficClass } from './types.ts';

/** One thread's exchange. `makeLink` is for drivers beyond the standard ones and for faults in tests. */
export function createExchange(options: ExchangeOptions, makeLink: LinkFactory = standardLinks): MemberExchange {
  return new LocalExchange(options, makeLink);
}

/** A microtask queued behind those that are queued already: cheaper than a tick, and they all get to write first. */
const settled = Promise.resolve();

interface Waiting {
  readonly peer: MemberSlot;
  readonly settle: (error?: unknown) => void;
}

class LocalExchange implements MemberExchange {
  readonly self: MemberSlot;
  readonly incarnation: number;
  readonly #options: ExchangeOptions;
  readonly #waker: Waker;
  readonly #pump: EventPump;
  readonly #demultiplexer: Demultiplexer;
  readonly #place: PeerPlace;
  readonly #peerOwner: PeerOwner;
  readonly #peers: (Peer | undefined)[] = new Array<Peer | undefined>(memberSlots).fill(undefined);
  /** Peers with frames begun since the last flush: the first `#dirtyCount`. Emptying the array would free its memory. */
  readonly #dirty: Peer[] = [];
  #dirtyCount = 0;
  readonly #listeners = new Set<PeerListener>();
  readonly #waiting = new Set<Waiting>();
  readonly #space: FrameSpace;
  readonly #flushLater = (): void => {
    this.#flushScheduled = false;
    this.flush();
  };
  #flushScheduled = false;
  /** The frame begun last. */
  #begun: Peer | undefined;
  #begunLog: RecordLog | undefined;
  #begunPort: PortNumber = 0;
  #closed = false;

  constructor(options: ExchangeOptions, makeLink: LinkFactory) {
    const { block, self, incarnation } = options;
    this.#options = options;
    this.self = self;
    this.incarnation = incarnation;
    const nothing = new Uint8Array(0);
    this.#space = { bytes: nothing, view: new DataView(nothing.buffer), start: 0, end: 0 };
    this.#demultiplexer = new Demultiplexer((error) => {
      this.#report(new ConsumerThrewError('A consumer of frames', error));
    });
    this.#waker = new Waker(block, self, {
      onWake: () => this.#pump.wake(),
      onPost: (peer, message) => this.#posted(peer, message),
    });
    this.#place = {
      block,
      self,
      incarnation,
      makeLink,
      waker: this.#waker,
      records: this.#demultiplexer.records,
    };
    this.#peerOwner = {
      onReady: (peer) => this.#peerReady(peer),
      onLost: (peer, loss) => this.#tell((each) => each.onLost?.(peer.slot, loss)),
      onUndelivered: (peer, fate, port, bytes, start, end) => {
        this.#tell((each) => each.onUndelivered?.(peer.slot, fate, port, bytes, start, end));
      },
      onWritable: (peer, trafficClass) => this.#tell((each) => each.onWritable?.(peer.slot, trafficClass)),
      onFailover: (peer, from, to) => this.#tell((each) => each.onFailover?.(peer.slot, from, to)),
      onLinkDown: (peer, driver, reason) => this.#tell((each) => each.onLinkDown?.(peer.slot, driver, reason)),
      onLinkUp: (peer, driver) => this.#tell((each) => each.onLinkUp?.(peer.slot, driver)),
      onError: (error) => this.#report(error),
    };
    this.#pump = new EventPump(
      {
        paused: () => block.paused(self),
        drainPeer: (peer, recordsMax, all) => this.#peers[peer]?.drain(recordsMax, all) ?? 0,
        flush: () => this.#flush(),
        tick: (nowMs, late) => this.#tick(nowMs, late),
        beat: () => block.beat(self),
        idleBeatMs: () => block.idleBeatMs,
      },
      this.#waker,
      options.loop === 'blocking',
    );
  }

  ready(peer: MemberSlot): boolean {
    return this.#peers[peer]?.ready ?? false;
  }

  connect(peer: MemberSlot, signal?: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(new ClosedError(memberName(this.self)));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.ready(peer)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => waiting.settle(signal?.reason);
      const waiting: Waiting = {
        peer,
        settle: (error) => {
          this.#waiting.delete(waiting);
          signal?.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', onAbort);
      if (this.#peers[peer] === undefined) this.#options.requestWires?.(peer);
    });
  }

  begin(peer: MemberSlot, trafficClass: TrafficClass, port: PortNumber, bytesMax: number): FrameSpace | undefined {
    if (!(bytesMax >= 0 && bytesMax <= frameBytesMax)) throw new FrameTooLargeError(bytesMax);
    if (!(port >= 1 && port <= portNumberMax)) throw new RangeError(`a port is a number from 1 to ${portNumberMax}`);
    const to = this.#peers[peer];
    if (to === undefined || !to.ready) return undefined;
    const log = to.session.reserve(trafficClass, bytesMax);
    if (log === undefined) return undefined;
    this.#begun = to;
    this.#begunLog = log;
    this.#begunPort = port;
    const space = this.#space;
    space.bytes = log.bytes;
    space.view = log.view;
    space.start = log.frameStart;
    space.end = space.start + bytesMax;
    return space;
  }

  commit(bytes: number): void {
    const to = this.#begun;
    const log = this.#begunLog;
    if (to === undefined || log === undefined) throw new RangeError('commit ends a frame, and none was begun');
    if (!(bytes >= 0 && bytes <= this.#space.end - this.#space.start)) {
      throw new RangeError(`${bytes} bytes were committed, ${this.#space.end - this.#space.start} were asked for`);
    }
    this.#begun = undefined;
    log.commit(this.#begunPort, bytes);
    to.framesSent++;
    if (to.dirty) return;
    to.dirty = true;
    this.#dirty[this.#dirtyCount++] = to;
    this.#pump.stir();
    if (this.#flushScheduled || this.#pump.flushes) return;
    this.#flushScheduled = true;
    void settled.then(this.#flushLater);
  }

  flush(): void {
    this.#flush();
  }

  consume(port: PortNumber, handler: FrameHandler): () => void {
    return this.#demultiplexer.consume(port, handler);
  }

  listen(listener: PeerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get delivering(): boolean {
    return this.#pump.delivering;
  }

  drain(): number {
    const before = this.#demultiplexer.frames;
    this.#pump.drain();
    return this.#demultiplexer.frames - before;
  }

  wait(ms: number): boolean {
    return this.#pump.wait(ms);
  }

  attachWires(peer: MemberSlot, incarnation: number, wires: WireEnds): void {
    if (this.#closed) throw new ClosedError(memberName(this.self));
    this.#peers[peer]?.drop('restarted');
    this.#peers[peer] = new Peer(this.#place, peer, incarnation, wires, this.#peerOwner);
    // Not now: the caller may not have its consumers in place.
    this.#pump.lookSoon();
  }

  dropPeer(peer: MemberSlot, incarnation: number, reason: PeerLoss): void {
    const known = this.#peers[peer];
    if (known !== undefined && known.incarnation > incarnation) return;
    this.#peers[peer] = undefined;
    known?.drop(reason);
    // Nobody waits for a session with the next incarnation under the name of this one.
    const gone = new NodeDownError(memberName(peer), 'not-sent');
    for (const waiting of [...this.#waiting]) if (waiting.peer === peer) waiting.settle(gone);
  }

  killLink(peer: MemberSlot, driver: DriverName): void {
    this.#peers[peer]?.killLink(driver);
  }

  get unclaimedFrames(): number {
    return this.#demultiplexer.unclaimed;
  }

  diagnostics(): PeerDiagnostics[] {
    return this.#peers.filter((peer) => peer !== undefined).map((peer) => peer.diagnostics());
  }

  observe(observer: (batch: RecordBatch) => void): () => void {
    return this.#demultiplexer.observe(observer);
  }

  async drainAndClose(): Promise<void> {
    for (const peer of this.#peers) peer?.disconnect();
    const untilMs = performance.now() + drainMs;
    while (this.#peers.some((peer) => peer?.over === false) && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pump.close();
    for (const [slot, peer] of this.#peers.entries()) {
      this.#peers[slot] = undefined;
      peer?.drop('closed');
    }
    this.#dirtyCount = 0;
    this.#dirty.length = 0;
    this.#waker.close();
    for (const waiting of [...this.#waiting]) waiting.settle(new ClosedError(memberName(this.self)));
    this.#listeners.clear();
  }

  #flush(): boolean {
    if (this.#dirtyCount === 0 || this.#options.block.paused(this.self)) return false;
    for (let index = 0; index < this.#dirtyCount; index++) (this.#dirty[index] as Peer).flush();
    this.#dirtyCount = 0;
    return true;
  }

  #tick(nowMs: number, late: boolean): boolean {
    let restless = false;
    for (const peer of this.#peers) if (peer?.tick(nowMs, late)) restless = true;
    this.flush();
    return restless;
  }

  #posted(peer: MemberSlot, message: unknown): void {
    const { link, message: inner } = message as { link: number; message: unknown };
    this.#peers[peer]?.onPost(link, inner);
  }

  #peerReady(peer: Peer): void {
    for (const waiting of [...this.#waiting]) if (waiting.peer === peer.slot) waiting.settle();
    this.#tell((each) => each.onReady?.(peer.slot));
  }

  #tell(call: (listener: PeerListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        call(listener);
      } catch (error) {
        this.#report(new ConsumerThrewError('A listener of the exchange', error));
      }
    }
  }

  #report(error: Error): void {
    const { onError } = this.#options;
    if (onError !== undefined) onError(error);
    else setImmediate(() => Promise.reject(error));
  }
}
