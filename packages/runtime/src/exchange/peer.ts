import { isRing, ringHandle } from '../interconnect/ring.ts';
import type { DriverName, InterconnectLink, LinkDownReason, RecordReceiver } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { Agreement, ClientNeed, ConnectionStage, PortGrant } from '../kernel/connection-types.ts';
import type { Endpoint, LinkId, SessionEnd, SessionNotice } from '../kernel/session-types.ts';
import { retransmitBytesMax } from '../limits.ts';
import { type MemberSlot, memberName } from '../member.ts';
import { type Doorbell, otherSignal } from '../wake/doorbell.ts';
import { ConnectionHost, type ConnectionOwner } from './connection-host.ts';
import type { RecordBatch } from './demultiplexer.ts';
import { IncompatiblePeerError } from './errors.ts';
import { forEachFrame } from './frame-layout.ts';
import { LinkDetector } from './link-detector.ts';
import type { PeerDiagnostics } from './member-exchange.ts';
import { makePairLinks } from './pair-links.ts';
import type { PeerPlace } from './peer-place.ts';
import type { RecordLog } from './record-log.ts';
import { sessionHeaderBytes } from './session-header.ts';
import { SessionHost, type SessionOwner } from './session-host.ts';
import { type FrameFate, type PeerLoss, type PortNumber, type TrafficClass, trafficClasses } from './types.ts';

/** Sessions one incarnation of a member may have with one peer. An endpoint is the incarnation times this, plus one each. */
const endpointsPerIncarnation = 2 ** 30;

/** Stages in which a connection waits for nothing, or for a peer that will ring when it comes. */
const settledStages: ReadonlySet<ConnectionStage> = new Set(['idle', 'open', 'waiting', 'incompatible']);

const lossOf: Readonly<Record<SessionEnd, PeerLoss>> = {
  closed: 'closed',
  'drain-expired': 'closed',
  'links-lost': 'fenced',
  'peer-dead': 'dead',
  'peer-restarted': 'restarted',
  'peer-reset': 'closed',
};

/** What a peer tells the exchange. */
export interface PeerOwner {
  onReady(peer: Peer): void;
  onLost(peer: Peer, loss: PeerLoss): void;
  onUndelivered(peer: Peer, fate: FrameFate, port: PortNumber, bytes: Uint8Array, start: number, end: number): void;
  onWritable(peer: Peer, trafficClass: TrafficClass): void;
  onFailover(peer: Peer, from: string, to: string): void;
  onLinkDown(peer: Peer, driver: DriverName, reason: LinkDownReason): void;
  onLinkUp(peer: Peer, driver: DriverName): void;
  onError(error: Error): void;
}

/** Everything between this member and one incarnation of another: wires, connection, session. */
export class Peer implements SessionOwner, ConnectionOwner {
  readonly slot: MemberSlot;
  readonly incarnation: number;
  readonly session: SessionHost;
  readonly #place: PeerPlace;
  readonly #owner: PeerOwner;
  readonly #links: readonly InterconnectLink[];
  readonly #receivers: readonly RecordReceiver[];
  readonly #connection: ConnectionHost;
  readonly #detector: LinkDetector;
  readonly #batch: RecordBatch;
  readonly #doorbell: Doorbell;
  readonly #ring: WireEnds['ring'];
  /** Clients were told that the session is there. */
  ready = false;
  /** Something was committed and not flushed. */
  dirty = false;
  framesSent = 0;
  framesReceived = 0;
  failovers = 0;
  #loss: PeerLoss | undefined;
  #link: LinkId | -1 = -1;
  /** The peer's heartbeat at this member's last one, and as it was before all links were drained last. */
  #beats = -1;
  #beatsDrained = 0;
  /** The last drain of all links left records behind, and perhaps answers among them. */
  #behind = false;
  #closed = false;

  constructor(place: PeerPlace, slot: MemberSlot, incarnation: number, wires: WireEnds, owner: PeerOwner) {
    this.#place = place;
    this.#owner = owner;
    this.slot = slot;
    this.incarnation = incarnation;
    this.#ring = wires.ring;
    this.#batch = {
      from: slot,
      trafficClass: 0,
      bytes: place.block.arena.bytes,
      words: place.block.arena.words,
      start: 0,
      end: 0,
      frames: 0,
    };
    this.#doorbell = place.waker.attach(slot, wires.doorbell);
    this.#links = makePairLinks(place, slot, wires, this.#doorbell, {
      onDown: (link, reason) => this.#linkDown(link, reason),
      onUp: (link) => this.#linkUp(link),
    });
    this.#receivers = this.#links.map(
      (_, link) => (bytes, words, start, end) => this.session.receive(link, bytes, words, start, end),
    );
    this.session = new SessionHost(this.#links, this);
    this.#detector = new LinkDetector(this.#links.length);
    for (const [index, link] of this.#links.entries()) {
      if (link.up) this.session.linkUp(index);
      else link.renew();
    }
    this.#connection = new ConnectionHost(
      place.block,
      place.self,
      slot,
      this.#links.map((_, index) => index),
      this,
    );
    this.#connection.step({ type: 'connect', endpoint: place.incarnation * endpointsPerIncarnation });
    this.#connection.look();
  }

  /** Take what arrived, at most `recordsMax` records, off the first link or off all; how many they were. */
  drain(recordsMax: number, all: boolean): number {
    if (all) {
      this.#beatsDrained = this.#place.block.heartbeat(this.slot);
      this.#connection.look();
    }
    const links = all ? this.#links.length : Math.min(1, this.#links.length);
    let records = 0;
    for (let index = 0; index < links && records < recordsMax && !this.#closed; index++) {
      const link = this.#links[index] as InterconnectLink;
      if (!link.up) link.poll();
      records += link.drain(recordsMax - records, this.#receivers[index] as RecordReceiver);
    }
    if (all) this.#behind = records >= recordsMax;
    this.session.resumeWritable();
    this.session.publish();
    return records;
  }

  flush(): void {
    this.dirty = false;
    this.session.flush();
  }

  /**
   * Once per heartbeat, after everything that arrived was handled; whether something waits for the next one. `late`:
   * this member itself was stalled before.
   */
  tick(nowMs: number, late: boolean): boolean {
    const { block, self } = this.#place;
    const beats = block.heartbeat(this.slot);
    this.#connection.tick(nowMs);
    this.session.tick(nowMs, beats);
    const restless = this.session.restless || !settledStages.has(this.#connection.state.stage);
    if (block.isCut(self, this.slot) || block.isCut(this.slot, self)) {
      this.#detector.forgive(beats);
      return restless;
    }
    // A peer without traffic beats slowly. What is under way may not reach it: its heart is made to beat all the same.
    if (restless && beats === this.#beats) this.#doorbell.signal(otherSignal);
    this.#beats = beats;
    for (let link = 0; link < this.#links.length && !this.#closed; link++) {
      const suspicion = this.#detector.look(this.session.state, link, this.#beatsDrained, beats, late || this.#behind);
      if (suspicion === 'suspect') this.session.suspect(link);
      else if (suspicion === 'fail') this.#links[link]?.fail('stalled');
    }
    return restless;
  }

  onPost(link: LinkId, message: unknown): void {
    this.#links[link]?.onPost(message);
    this.session.publish();
  }

  killLink(driver: DriverName): void {
    for (const link of this.#links) if (link.driver === driver) link.fail('killed');
  }

  /** Close in order: drain, tell the peer, and stay away until wires are attached anew. */
  disconnect(): void {
    this.flush();
    this.#connection.step({ type: 'disconnect' });
    this.session.publish();
  }

  get over(): boolean {
    return !this.ready && this.#connection.state.stage === 'idle';
  }

  /** The peer is gone, for `loss`: end what there is, close the wires. Listeners hear of a session that was ready. */
  drop(loss: PeerLoss): void {
    if (this.#closed) return;
    this.#loss = loss;
    this.#connection.step({ type: 'peer-dead' });
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of this.#links) link.close();
    this.#place.waker.detach(this.slot);
  }

  diagnostics(): PeerDiagnostics {
    return {
      peer: this.slot,
      incarnation: this.incarnation,
      ready: this.ready,
      stage: this.#connection.state.stage,
      links: this.#links.map((link, index) => {
        const record = this.session.state.links[index];
        return { driver: link.driver, state: record?.state ?? 'down', epoch: record?.epoch ?? 0, ...link.counters };
      }),
      retainedBytes: this.session.retainedBytes,
      framesSent: this.framesSent,
      framesReceived: this.framesReceived,
      wakeUps: this.#doorbell.rings,
      failovers: this.failovers,
    };
  }

  // From the session.

  onRecord(trafficClass: TrafficClass, bytes: Uint8Array, words: Int32Array, start: number, end: number): void {
    const batch = this.#batch;
    batch.trafficClass = trafficClass;
    batch.bytes = bytes;
    batch.words = words;
    batch.start = start;
    batch.end = end;
    this.#place.records.next(batch);
    this.framesReceived += batch.frames;
  }

  onNotice(notice: SessionNotice, logs: readonly (RecordLog | undefined)[]): void {
    switch (notice.type) {
      case 'moved':
        this.#moved(notice.to);
        break;
      case 'retained':
        this.#connection.step({ type: 'session-retained' });
        break;
      case 'resumed':
        this.#connection.step({ type: 'session-resumed' });
        break;
      case 'closing':
        this.#connection.step({ type: 'session-closing' });
        break;
      case 'ended':
        for (const loss of notice.losses) {
          const log = logs[loss.trafficClass] as RecordLog;
          for (const handle of loss.unknown) this.#report('unknown', log, log.startOf(handle), log.endOf(handle));
          for (const handle of loss.undelivered) this.#report('not-sent', log, log.startOf(handle), log.endOf(handle));
        }
        for (const log of logs) if (log?.writing) this.#report('not-sent', log, log.openStart, log.openEnd);
        this.#connection.step({ type: 'session-ended', end: notice.end });
        break;
    }
  }

  onRoom(trafficClass: TrafficClass): void {
    this.#owner.onWritable(this, trafficClass);
  }

  onProtocolError(error: Error): void {
    this.#owner.onError(error);
  }

  // From the connection.

  needs(): readonly ClientNeed[] {
    return trafficClasses.map((_, client) => ({ client, ports: 1, bytesPerPort: retransmitBytesMax }));
  }

  createPorts(agreement: Agreement): readonly PortGrant[] {
    const { block, self } = this.#place;
    const handle = this.#ring ? ringHandle(this.#ring.in) : block.statusPage(self, this.slot) + 1;
    return agreement.plan.map((need) => ({ ...need, handle }));
  }

  destroyPorts(): void {
    // The records went with the session; the memory behind the ports is the wires', which stay for the next one.
  }

  checkGrant(grant: PortGrant): boolean {
    const { block, self } = this.#place;
    if (block.isCut(self, this.slot) || block.isCut(this.slot, self)) return false;
    if (this.#ring) return grant.handle === ringHandle(this.#ring.out) && isRing(block.arena, grant.handle);
    return Atomics.load(block.arena.words, grant.handle) === block.tag;
  }

  onReady(agreement: Agreement): void {
    const caps = trafficClasses.map((_, client) => agreement.plan.find((each) => each.client === client)?.bytesPerPort);
    this.session.start(
      agreement.self as Endpoint,
      agreement.peer,
      agreement.links,
      caps.map((bytes) => bytes ?? 0),
    );
    this.#loss = undefined;
    this.#link = this.session.state.classes[0]?.link ?? -1;
    this.ready = true;
    this.#beatsDrained = this.#place.block.heartbeat(this.slot);
    this.#detector.forgive(this.#beatsDrained);
    this.#owner.onReady(this);
    this.session.publish();
  }

  closeSession(): void {
    this.session.close();
  }

  endSession(end: SessionEnd): void {
    if (this.session.live) this.session.end();
    else this.#connection.step({ type: 'session-ended', end });
  }

  onClosed(end: SessionEnd): void {
    this.ready = false;
    this.#link = -1;
    this.#owner.onLost(this, this.#loss ?? lossOf[end]);
  }

  onResume(): void {
    for (const link of this.#links) link.poll();
  }

  onIncompatible(versionMin: number, versionMax: number): void {
    this.#owner.onError(new IncompatiblePeerError(memberName(this.slot), versionMin, versionMax));
  }

  signalPeer(): void {
    this.#doorbell.signal(otherSignal);
  }

  #linkDown(link: LinkId, reason: LinkDownReason): void {
    const { driver } = this.#links[link] as InterconnectLink;
    this.#owner.onLinkDown(this, driver, reason);
    this.session.linkDown(link, reason);
  }

  #linkUp(link: LinkId): void {
    const { driver } = this.#links[link] as InterconnectLink;
    this.#owner.onLinkUp(this, driver);
    this.session.linkUp(link);
  }

  #moved(to: LinkId | -1): void {
    if (to === this.#link) return;
    const from = this.#link;
    this.#link = to;
    if (to !== -1) this.failovers++;
    this.#owner.onFailover(this, this.#links[from]?.driver ?? 'none', this.#links[to]?.driver ?? 'none');
  }

  #report(fate: FrameFate, log: RecordLog, start: number, end: number): void {
    forEachFrame(log.words, start + sessionHeaderBytes, end, (port, frameStart, frameEnd) => {
      this.#owner.onUndelivered(this, fate, port, log.bytes, frameStart, frameEnd);
    });
  }
}
