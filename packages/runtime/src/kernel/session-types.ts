/**
 * What goes into and comes out of the session kernel, and what it remembers.
 *
 * A session lives between two *endpoints*. An endpoint number is one that its member never used before towards that
 * peer: the connection manager makes a fresh one for every session, across restarts too. Frames name both ends, so
 * that nothing of an older session can be mistaken for a newer one. A link carries whole frames in order and at most
 * once; it may lose them. Above it the session delivers each record of a class exactly once and in order, also while
 * links fail and return.
 *
 * How a host drives it:
 * 1. `open` once the connection kernel says both sides agreed; `send` for every record; `frame` for every arrival.
 * 2. Perform effects in order. `send(link, frame)`: write the frame to that link's driver. `deliver(notice)`: see
 *    {@link SessionNotice}. Timers: numbers are opaque, except that {@link acknowledgeTimer} may be fired early.
 * 3. Report links: `link-suspect`, `link-failed`, `link-restored`, `link-blocked`, `link-writable`. A link is to be
 *    suspected only while the peer's heartbeat advances and the link does not; a busy peer is no failure.
 */
import type { Handle } from '@holdfast/kernel';
import type { TrafficClass } from '../exchange/types.ts';

/** A driver's link between the two members, the same number on both sides: 0 is preferred, then 1, and so on. */
export type LinkId = number;

/** Names one side of one session, for ever. Above 0. Grows with every new session of that member towards that peer. */
export type Endpoint = number;

/** Position of a record in its class. A safe integer; the session closes itself before it would run out. */
export type Sequence = number;

/**
 * - `down`: no session traffic was ever on it in this session.
 * - `up`: carries records. `suspect`: still heard, used for records only while no link is up.
 * - `fenced`: failed here or at the peer; its epoch was raised, nothing older is accepted any more.
 * - `probing`: reset on both sides in the new epoch, waiting for the answer to a probe.
 */
export type LinkState = 'down' | 'up' | 'suspect' | 'fenced' | 'probing';

/**
 * - `idle`: no session yet. `open`: records flow, or are retained while no link is usable.
 * - `closing`: nothing new is accepted; what was accepted still goes out. `ended`: over, said once; stragglers of the
 *   session are still answered, so that the peer ends too.
 */
export type SessionPhase = 'idle' | 'open' | 'closing' | 'ended';

/**
 * Why a session ended. `closed`: both sides drained. `drain-expired`: closing took too long. `links-lost`: no link
 * came back within the retention time. `peer-dead`: the view says so. `peer-restarted`: a newer endpoint of the peer
 * spoke. `peer-reset`: the peer had ended the session before.
 */
export type SessionEnd = 'closed' | 'drain-expired' | 'links-lost' | 'peer-dead' | 'peer-restarted' | 'peer-reset';

// Frames: what travels on links.

/** On every frame of a session. Control frames use no sequence and no credit, so that full windows cannot stop them. */
export interface FrameHeader {
  /** Endpoint of the sender. */
  readonly from: Endpoint;
  /** Endpoint the sender speaks to. */
  readonly to: Endpoint;
  /** Epoch of the link it travels on. Both sides hold the link at the same epoch, or the frame is refused. */
  readonly epoch: number;
  /** For each class: every record below this sequence was delivered. Length = number of classes. */
  readonly acknowledged: readonly Sequence[];
  /** For each class: records below this sequence may be sent. Never shrinks. Length = number of classes. */
  readonly limits: readonly Sequence[];
}

/** One record. `handle` is the payload as the holder of the frame knows it: the host of each side puts its own in. */
export interface DataFrame extends FrameHeader {
  readonly type: 'data';
  readonly trafficClass: TrafficClass;
  readonly sequence: Sequence;
  readonly handle: Handle;
}

/** Only the header. `answer`: send one back at once (asked when credit has been nil for a while). */
export interface AckFrame extends FrameHeader {
  readonly type: 'ack';
  readonly answer: boolean;
}

/** "Refuse everything on `link` that is older than `linkEpoch`." Repeated until answered; travels on any link. */
export interface FenceFrame extends FrameHeader {
  readonly type: 'fence';
  readonly link: LinkId;
  readonly linkEpoch: number;
}

/** "I refuse everything older; the header says what I have." From now on the memory of older epochs may be reused. */
export interface FencedFrame extends FrameHeader {
  readonly type: 'fenced';
  readonly link: LinkId;
  readonly linkEpoch: number;
}

/** Asks, on the link itself and in its new epoch, whether the link works both ways. */
export interface ProbeFrame extends FrameHeader {
  readonly type: 'probe';
}

export interface ProbedFrame extends FrameHeader {
  readonly type: 'probed';
}

/** "I am drained and will send no record any more." Repeated until answered. */
export interface CloseFrame extends FrameHeader {
  readonly type: 'close';
}

export interface ClosedFrame extends FrameHeader {
  readonly type: 'closed';
}

/** "The session you speak of is over on my side." Sent for stragglers and by a side that gives up. */
export interface ResetFrame extends FrameHeader {
  readonly type: 'reset';
}

export type SessionFrame =
  | DataFrame
  | AckFrame
  | FenceFrame
  | FencedFrame
  | ProbeFrame
  | ProbedFrame
  | CloseFrame
  | ClosedFrame
  | ResetFrame;

// Events: what the host tells the kernel.

/**
 * Start a session. `links`: the links both sides agreed on. Those whose carrier is there start up in epoch 0, the other
 * agreed ones start fenced in epoch 1, and links not agreed on start down. Legal in `idle` and `ended`, with a `self`
 * and `peer` above every endpoint used before on that side.
 */
export interface OpenCall {
  readonly type: 'open';
  readonly self: Endpoint;
  readonly peer: Endpoint;
  readonly links: readonly LinkId[];
}

/** Accept a record. Answered at once by `reply(call, SendResult)`. `call` is any number the host likes. */
export interface SendCall {
  readonly type: 'send';
  readonly call: number;
  readonly trafficClass: TrafficClass;
  readonly handle: Handle;
}

/** The consumer is done with `records` delivered records of the class: their credit goes back to the peer. */
export interface ConsumedCall {
  readonly type: 'consumed';
  readonly trafficClass: TrafficClass;
  readonly records: number;
}

/** Orderly close: accept nothing new, drain, tell the peer, end. Bounded by `drainMs`. */
export interface CloseCall {
  readonly type: 'close';
}

/** The view no longer holds the peer's endpoint: end at once, send nothing more. */
export interface PeerDead {
  readonly type: 'peer-dead';
}

// Links are reported at all times, session or not: a link begins without carrier until `link-restored` says it is there.

/** The detector hears the peer's heart but not this link. Records move to another link when there is one. */
export interface LinkSuspect {
  readonly type: 'link-suspect';
  readonly link: LinkId;
}

/** The driver reported the link down, or the suspicion lasted. Fences the link. */
export interface LinkFailed {
  readonly type: 'link-failed';
  readonly link: LinkId;
}

/**
 * For a suspect link: it is heard again. For a down link: it exists. For a fenced link: the host dropped whatever was in
 * its end, moved that end to the epoch the `link` notice named, and the carrier is there.
 */
export interface LinkRestored {
  readonly type: 'link-restored';
  readonly link: LinkId;
}

/**
 * The driver had no room for data frame `sequence` of the class, which was just sent on `link`, and dropped it and every
 * later data frame of that class. To be reported before any other event. Control frames that find no room may simply be
 * dropped. The class sends nothing on the link until `link-writable`.
 */
export interface LinkBlocked {
  readonly type: 'link-blocked';
  readonly link: LinkId;
  readonly trafficClass: TrafficClass;
  readonly sequence: Sequence;
}

export interface LinkWritable {
  readonly type: 'link-writable';
  readonly link: LinkId;
}

/** A frame arrived on `link`. */
export interface FrameArrived {
  readonly type: 'frame';
  readonly link: LinkId;
  readonly frame: SessionFrame;
}

export interface TimerFired {
  readonly type: 'timer';
  readonly timer: number;
}

export type SessionEvent =
  | OpenCall
  | SendCall
  | ConsumedCall
  | CloseCall
  | PeerDead
  | LinkSuspect
  | LinkFailed
  | LinkRestored
  | LinkBlocked
  | LinkWritable
  | FrameArrived
  | TimerFired;

// Results and notices: what the kernel tells the host.

/**
 * - `accepted`: the session keeps `handle` until a `release` notice.
 * - `window-full`: nothing was kept; a `writable` notice follows.
 * - `closing`: the session takes no more records (also when its sequence numbers are used up). `no-session`: none.
 */
export type SendResult = 'accepted' | 'window-full' | 'closing' | 'no-session';

/** One record, in order, exactly once. Answer with `consumed` when it has been consumed. */
export interface RecordNotice {
  readonly type: 'record';
  readonly trafficClass: TrafficClass;
  readonly sequence: Sequence;
  readonly handle: Handle;
  readonly link: LinkId;
  readonly epoch: number;
}

/** The session will never touch `handle` again. `acknowledged`: the peer delivered the record. */
export interface ReleaseNotice {
  readonly type: 'release';
  readonly trafficClass: TrafficClass;
  readonly sequence: Sequence;
  readonly handle: Handle;
  readonly acknowledged: boolean;
}

/** A `send` of this class that was refused for want of room would succeed now. */
export interface WritableNotice {
  readonly type: 'writable';
  readonly trafficClass: TrafficClass;
}

/**
 * A link changed its state. For `fenced` the host must reset its end: accept and send nothing older than `epoch`, drop
 * what is in it, and report `link-restored` when the carrier is there. Memory that the peer may still write in an older
 * epoch may be reused only once `confirmed` (a second notice with the same state and epoch).
 */
export interface LinkNotice {
  readonly type: 'link';
  readonly link: LinkId;
  readonly state: LinkState;
  readonly epoch: number;
  /** The peer is known to refuse everything older than `epoch` on this link. */
  readonly confirmed: boolean;
}

/** Records of the class go over another link now; -1 stands for none. Failover, for clients that ask. */
export interface MovedNotice {
  readonly type: 'moved';
  readonly trafficClass: TrafficClass;
  readonly from: LinkId | -1;
  readonly to: LinkId | -1;
}

/** Records sent on `link` were not acknowledged for a whole retransmission period: a hint for the detector. */
export interface StalledNotice {
  readonly type: 'stalled';
  readonly link: LinkId;
}

/** No usable link is left: everything is kept for `retentionMs`. */
export interface RetainedNotice {
  readonly type: 'retained';
}

/** A link is usable again before the retention time was over. */
export interface ResumedNotice {
  readonly type: 'resumed';
}

/** The peer asked for an orderly close, or this side did: no more records are accepted. */
export interface ClosingNotice {
  readonly type: 'closing';
}

/** What one class had accepted and not seen acknowledged, lowest sequence first. */
export interface ClassLoss {
  readonly trafficClass: TrafficClass;
  /** Sequence of the first handle: of `unknown` if there are any, else of `undelivered`. */
  readonly first: Sequence;
  /** Given to a link, never acknowledged: delivered or not. */
  readonly unknown: readonly Handle[];
  /** Never given to a link: certainly not delivered. They follow the unknown ones. */
  readonly undelivered: readonly Handle[];
}

/** The session is over. Said exactly once; only `release` notices (not acknowledged) for the handles named follow. */
export interface EndedNotice {
  readonly type: 'ended';
  readonly end: SessionEnd;
  readonly losses: readonly ClassLoss[];
}

export type SessionNotice =
  | RecordNotice
  | ReleaseNotice
  | WritableNotice
  | LinkNotice
  | MovedNotice
  | StalledNotice
  | RetainedNotice
  | ResumedNotice
  | ClosingNotice
  | EndedNotice;

// State and constants.

/** One class, both directions. All sequences are in the same units: records. */
export interface ClassState {
  /** The link its records go over; -1 while there is none. */
  link: LinkId | -1;
  /** First sequence not yet acknowledged by the peer; the retransmission buffer starts here. */
  unacknowledged: Sequence;
  /** Next record to hand to the link: goes back to `unacknowledged` when the class moves. */
  cursor: Sequence;
  /** One above the highest sequence ever handed to a link. */
  transmitted: Sequence;
  /** Sequence the next accepted record gets; the retransmission buffer ends here. */
  next: Sequence;
  /** The peer accepts records below this. */
  limit: Sequence;
  /** Handles of the retransmission buffer, at `sequence % window`. -1 where empty. */
  readonly handles: Handle[];
  /** A send was refused for want of room and `writable` is owed. */
  wanted: boolean;
  /** The driver refused a record of this class and `link-writable` has not come yet. */
  blocked: boolean;
  /** Next record to deliver. */
  expected: Sequence;
  /** Delivered records the consumer is done with, as a sequence. */
  consumed: Sequence;
  /** The limit told to the peer last. */
  granted: Sequence;
}

export interface LinkRecord {
  state: LinkState;
  epoch: number;
  /** The peer is known to hold this epoch. */
  confirmed: boolean;
  /** The carrier is there; after a fence also: the host reset its end. */
  carrier: boolean;
  /** The hold-down time after a fence is over. */
  rested: boolean;
  /** Fences since the link was last steady, at most `flapsMax`: the hold-down doubles with each. */
  flaps: number;
}

export interface SessionState {
  phase: SessionPhase;
  self: Endpoint;
  peer: Endpoint;
  readonly links: LinkRecord[];
  readonly classes: ClassState[];
  /** No link is up or suspect: everything is kept until one is, or the retention time is over. */
  retained: boolean;
  /** Records that came in since the last frame that carried acknowledgements. */
  owed: number;
  acknowledgeArmed: boolean;
  retransmitArmed: boolean;
  /** The peer acknowledged something since the retransmission timer was armed. */
  progressed: boolean;
  /** This side said CLOSE (it is drained) / the peer answered / the peer said CLOSE. */
  closeSent: boolean;
  closeAnswered: boolean;
  closeHeard: boolean;
}

/** Fires when delivered records were not acknowledged for a while. A host may fire it early, say after each batch. */
export const acknowledgeTimer = 0;
export const retransmitTimer = 1;
export const retentionTimer = 2;
export const drainTimer = 3;
export const closeTimer = 4;
/** One timer per link: hold-down and FENCE repetition, PROBE repetition, steadiness, by the state of the link. */
export const firstLinkTimer = 8;
