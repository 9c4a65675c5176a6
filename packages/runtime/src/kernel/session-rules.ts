import type { DataFrame, Endpoint, FrameHeader, LinkRecord, Sequence } from './session-types.ts';

/**
 * The decisions that make the session right, by name. Production code runs {@link sessionRules}; the seeded bugs of
 * the verification suite each replace one, and every one of them must be caught.
 */
export interface SessionRules {
  /** Whose words a frame is: of this very session, of a session gone by, or of a peer that started anew. */
  origin(self: Endpoint, peer: Endpoint, frame: FrameHeader): 'session' | 'stale' | 'restarted';
  /** Epochs fence: an older one is refused, a newer one says that a fence was missed. */
  epochOf(link: LinkRecord, frameEpoch: number): 'current' | 'refused' | 'missed-fence';
  /** The epoch a failed link goes on in. */
  epochAfterFailure(epoch: number): number;
  /** Whether the peer is told of a failed link, and told again until it answered. */
  tellsFence(): boolean;
  repeatsFence(): boolean;
  /** Whether a record is the next one. Everything else is a duplicate or behind a gap and is dropped. */
  isNext(expected: Sequence, frame: DataFrame): boolean;
  /** What is acknowledged to the peer when all below `expected` was delivered. */
  acknowledges(expected: Sequence): Sequence;
  /** Where a class goes on when it moves to another link, or when nothing was acknowledged for long. */
  resumesAt(unacknowledged: Sequence, cursor: Sequence): Sequence;
  /** Whether a record may be handed to a link. */
  maySend(sequence: Sequence, limit: Sequence): boolean;
  /** The limit told to the peer. */
  grants(consumed: Sequence, window: number): Sequence;
  /** Whether a fenced link may be probed; `hurry`: also before it rested. */
  mayProbe(link: LinkRecord, hurry: boolean): boolean;
  /** Whether the retention time is bounded. */
  retentionEnds(): boolean;
  /** The first record after `transmitted` that certainly was never given to a link. */
  undeliveredFrom(unacknowledged: Sequence, transmitted: Sequence): Sequence;
  /** Whether a side may say CLOSE. */
  mayClose(unacknowledged: Sequence, next: Sequence): boolean;
  /** Whether a session that ended says so to whoever still speaks in it. */
  answersStragglers(): boolean;
}

export const sessionRules: SessionRules = {
  origin(self, peer, frame) {
    if (frame.from === peer && frame.to === self) return 'session';
    return frame.from > peer ? 'restarted' : 'stale';
  },
  epochOf(link, frameEpoch) {
    if (frameEpoch === link.epoch) return 'current';
    return frameEpoch < link.epoch ? 'refused' : 'missed-fence';
  },
  epochAfterFailure: (epoch) => epoch + 1,
  tellsFence: () => true,
  repeatsFence: () => true,
  isNext: (expected, frame) => frame.sequence === expected,
  acknowledges: (expected) => expected,
  resumesAt: (unacknowledged) => unacknowledged,
  maySend: (sequence, limit) => sequence < limit,
  grants: (consumed, window) => consumed + window,
  mayProbe: (link, hurry) => link.confirmed && link.carrier && (link.rested || hurry),
  retentionEnds: () => true,
  undeliveredFrom: (_unacknowledged, transmitted) => transmitted,
  mayClose: (unacknowledged, next) => unacknowledged === next,
  answersStragglers: () => true,
};
