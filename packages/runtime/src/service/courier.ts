import { Writer } from '../codec/writer.ts';
import { bulkClass, type Exchange, type PeerLoss, type PortNumber, type TrafficClass } from '../exchange/types.ts';
import { frameBytesMax, framesWaitingBytesMax, framesWaitingMax, messageBytesMax } from '../limits.ts';
import { type MemberSlot, memberName, memberSlots } from '../member.ts';
import { MailboxFullError } from './errors.ts';
import { firstPiece, lastPiece, pieceFrame, pieceHeaderBytes, voidFrame } from './frame-kinds.ts';
import { PieceAssembly } from './piece-assembly.ts';

/** Whoever waits to hear that its frame has left. */
export interface FrameOwner {
  /** The frame may have reached the peer: set when the first of it was handed to the session. */
  sent: boolean;
  /** The frame while it waits in this thread. */
  waiting: WaitingFrame | undefined;
}

/** A frame that found no room in the session's window, or no session. */
export interface WaitingFrame {
  readonly bytes: Uint8Array;
  owner: FrameOwner | undefined;
  /** Nobody wants it any more; it is left out when its turn comes. */
  dropped: boolean;
}

export interface CourierListener {
  /** A frame the session had taken and never gave to a link; `onLost` follows. */
  onNotSent?(peer: MemberSlot, bytes: Uint8Array, start: number, end: number): void;
  onLost(peer: MemberSlot, loss: PeerLoss): void;
  /** No session could be opened: frames that waited for one were dropped. */
  onUnreachable?(peer: MemberSlot, cause: unknown): void;
}

/** Frames for one peer, in the order they were written. */
interface Lane {
  readonly frames: WaitingFrame[];
  bytes: number;
  /** Bytes of the first frame that have left, when it leaves in pieces. */
  begun: number;
}

/** Frames likely to be larger are written aside and copied: room asked for and not used would end records early. */
const lentBytesMax = 2048;

export type FrameReader = (from: MemberSlot, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Frames of one port, to and from all peers: written straight into the session's window when there is room, else kept
 * in order in a bounded queue until there is. Messages larger than a frame leave in pieces and arrive whole; those to
 * this very thread arrive in a later microtask.
 */
export class Courier {
  readonly exchange: Exchange;
  readonly #port: PortNumber;
  readonly #trafficClass: TrafficClass;
  readonly #writer = new Writer();
  readonly #readers: (FrameReader | undefined)[] = [];
  readonly #listeners = new Set<CourierListener>();
  readonly #lanes = new Map<MemberSlot, Lane>();
  readonly #connecting = new Set<MemberSlot>();
  readonly #pieces = new Map<MemberSlot, PieceAssembly>();
  readonly #sessions = new Uint32Array(memberSlots);
  #ownFrames: Uint8Array[] = [];
  #peer: MemberSlot = 0;
  #lent: Uint8Array | undefined;
  #lentStart = 0;
  #framesRefused = 0;

  constructor(exchange: Exchange, port: PortNumber, trafficClass: TrafficClass = bulkClass) {
    this.exchange = exchange;
    this.#port = port;
    this.#trafficClass = trafficClass;
    exchange.consume(port, (from, bytes, start, end) => this.#receive(from, bytes, start, end));
    exchange.listen({
      onReady: (peer) => this.#drainLane(peer),
      onWritable: (peer, ofClass) => {
        if (ofClass === this.#trafficClass) this.#drainLane(peer);
      },
      onUndelivered: (peer, fate, ofPort, bytes, start, end) => {
        if (ofPort !== port || fate !== 'not-sent') return;
        for (const listener of this.#listeners) listener.onNotSent?.(peer, bytes, start, end);
      },
      onLost: (peer, loss) => this.#lose(peer, loss),
    });
  }

  /** Rises when a session with the peer ends: an answer belongs to the session its question came from. */
  session(peer: MemberSlot): number {
    return this.#sessions[peer]!;
  }

  /** Frames waiting for room or a session, over all peers. */
  get framesWaiting(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.frames.length;
    return sum;
  }

  /** Frames that no reader could make sense of. They were dropped. */
  get framesRefused(): number {
    return this.#framesRefused;
  }

  /** Frames start with a byte that says their kind; one reader each. */
  read(kind: number, reader: FrameReader): void {
    this.#readers[kind] = reader;
  }

  listen(listener: CourierListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Start a frame to `peer` of about `bytesLikely` bytes; a guess that is too low costs a copy. Until {@link end} or
   * {@link abandon} no other frame may be begun, so no code of a user's may run in between.
   */
  begin(peer: MemberSlot, bytesLikely: number): Writer {
    this.#peer = peer;
    this.#lent = undefined;
    const writer = this.#writer;
    const lends = bytesLikely <= lentBytesMax && peer !== this.exchange.self;
    if (lends && (this.#lanes.size === 0 || !this.#lanes.has(peer))) {
      const space = this.exchange.begin(peer, this.#trafficClass, this.#port, bytesLikely);
      if (space !== undefined) {
        this.#lent = space.bytes;
        this.#lentStart = space.start;
        writer.lend(space.bytes, space.view, space.start, space.end);
        return writer;
      }
    }
    writer.reset();
    return writer;
  }

  /**
   * Send the frame begun last. A frame that somebody is owed (an answer, an end of a stream) may always wait: their
   * number is bounded where they come from.
   * @throws MailboxFullError when it would have to wait, is not owed, and the queue is full.
   */
  end(owner?: FrameOwner, owed = false): void {
    const writer = this.#writer;
    if (writer.bytes === this.#lent) {
      this.exchange.commit(writer.at - writer.start);
      this.#lent = undefined;
      if (owner !== undefined) owner.sent = true;
      return;
    }
    // It outgrew the room it was given: that room becomes a frame that says nothing.
    if (this.#lent !== undefined) this.#commitVoid();
    this.#post(this.#peer, writer.written(), owner, owed);
  }

  /** Forget the frame begun last: its value could not be encoded. */
  abandon(): void {
    if (this.#lent !== undefined) this.#commitVoid();
  }

  #commitVoid(): void {
    this.#lent![this.#lentStart] = voidFrame;
    this.exchange.commit(1);
    this.#lent = undefined;
  }

  /** `bytes` is the writer's and is copied when it has to wait. */
  #post(peer: MemberSlot, bytes: Uint8Array, owner: FrameOwner | undefined, owed: boolean): void {
    if (peer === this.exchange.self) {
      this.#postToSelf(bytes, owner, owed);
      return;
    }
    const lane = this.#lanes.get(peer);
    if (lane === undefined) {
      const begun = this.#transmit(peer, bytes, 0);
      if (begun > 0 && owner !== undefined) owner.sent = true;
      if (begun === bytes.length) return;
      this.#lanes.set(peer, { frames: [waiting(bytes, owner)], bytes: bytes.length, begun });
      this.#connect(peer);
      return;
    }
    const full = lane.frames.length >= framesWaitingMax || lane.bytes + bytes.length > framesWaitingBytesMax;
    if (full && !owed) {
      throw new MailboxFullError(`The queue of frames to ${memberName(peer)}`, framesWaitingMax, {
        node: memberName(peer),
      });
    }
    lane.frames.push(waiting(bytes, owner));
    lane.bytes += bytes.length;
  }

  /** Hand a message to the session from `begun` on; how far it got. */
  #transmit(peer: MemberSlot, bytes: Uint8Array, begun: number): number {
    if (begun === 0 && bytes.length <= frameBytesMax) {
      const space = this.exchange.begin(peer, this.#trafficClass, this.#port, bytes.length);
      if (space === undefined) return 0;
      space.bytes.set(bytes, space.start);
      this.exchange.commit(bytes.length);
      return bytes.length;
    }
    let sent = begun;
    while (sent < bytes.length) {
      const chunk = Math.min(bytes.length - sent, frameBytesMax - pieceHeaderBytes);
      const space = this.exchange.begin(peer, this.#trafficClass, this.#port, chunk + pieceHeaderBytes);
      if (space === undefined) return sent;
      space.view.setUint8(space.start, pieceFrame);
      space.view.setUint8(
        space.start + 1,
        (sent === 0 ? firstPiece : 0) | (sent + chunk === bytes.length ? lastPiece : 0),
      );
      space.view.setUint32(space.start + 2, bytes.length, true);
      space.bytes.set(bytes.subarray(sent, sent + chunk), space.start + pieceHeaderBytes);
      this.exchange.commit(chunk + pieceHeaderBytes);
      sent += chunk;
    }
    return sent;
  }

  #drainLane(peer: MemberSlot): void {
    const lane = this.#lanes.get(peer);
    if (lane === undefined) return;
    let done = 0;
    while (done < lane.frames.length) {
      const frame = lane.frames[done]!;
      if (!frame.dropped || lane.begun > 0) {
        lane.begun = this.#transmit(peer, frame.bytes, lane.begun);
        if (lane.begun > 0 && frame.owner !== undefined) frame.owner.sent = true;
        if (lane.begun < frame.bytes.length) break;
      }
      if (frame.owner !== undefined) frame.owner.waiting = undefined;
      lane.begun = 0;
      lane.bytes -= frame.bytes.length;
      done += 1;
    }
    lane.frames.splice(0, done);
    if (lane.frames.length === 0) this.#lanes.delete(peer);
  }

  #connect(peer: MemberSlot): void {
    if (this.exchange.ready(peer) || this.#connecting.has(peer)) return;
    this.#connecting.add(peer);
    this.exchange.connect(peer).then(
      () => {
        this.#connecting.delete(peer);
        this.#drainLane(peer);
      },
      (cause: unknown) => {
        this.#connecting.delete(peer);
        this.#lanes.delete(peer);
        for (const listener of this.#listeners) listener.onUnreachable?.(peer, cause);
      },
    );
  }

  #lose(peer: MemberSlot, loss: PeerLoss): void {
    this.#sessions[peer] = this.#sessions[peer]! + 1;
    this.#lanes.delete(peer);
    this.#pieces.delete(peer);
    for (const listener of this.#listeners) listener.onLost(peer, loss);
  }

  #postToSelf(bytes: Uint8Array, owner: FrameOwner | undefined, owed: boolean): void {
    if (this.#ownFrames.length >= framesWaitingMax && !owed) {
      throw new MailboxFullError('The queue of frames of this thread to itself', framesWaitingMax);
    }
    this.#ownFrames.push(bytes.slice());
    if (owner !== undefined) owner.sent = true;
    if (this.#ownFrames.length > 1) return;
    queueMicrotask(() => {
      const frames = this.#ownFrames;
      this.#ownFrames = [];
      for (const frame of frames) this.#receive(this.exchange.self, frame, 0, frame.length);
    });
  }

  #receive(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const kind = bytes[start];
    if (start >= end || kind === voidFrame) return;
    const reader = kind === undefined ? undefined : this.#readers[kind];
    if (reader !== undefined) {
      reader(from, bytes, start, end);
      return;
    }
    if (kind === pieceFrame) this.#takePiece(from, bytes, start, end);
    else this.#framesRefused += 1;
  }

  #takePiece(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    let assembly = this.#pieces.get(from);
    if (assembly === undefined) {
      assembly = new PieceAssembly(messageBytesMax);
      this.#pieces.set(from, assembly);
    }
    const message = assembly.add(bytes, start, end);
    if (message === 'refused') this.#framesRefused += 1;
    else if (message !== undefined && message[0] !== pieceFrame) this.#receive(from, message, 0, message.length);
  }
}

function waiting(bytes: Uint8Array, owner: FrameOwner | undefined): WaitingFrame {
  const frame: WaitingFrame = { bytes: bytes.slice(), owner, dropped: false };
  if (owner !== undefined) owner.waiting = frame;
  return frame;
}
