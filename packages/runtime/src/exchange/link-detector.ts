import type { SessionState } from '../kernel/session-types.ts';
import { lateTicksExcusedMax, soleLinkStallBeats, stallBeats } from '../limits.ts';

/** What to do about a link that does not move. */
export type Suspicion = 'none' | 'suspect' | 'fail';

interface LinkWatch {
  /** Sum of what was acknowledged of the classes on the link: any change is progress. */
  mark: number;
  /** Something was under way on it at the last look. */
  underWay: boolean;
  /** The peer's heartbeat when the link last moved, or had nothing under way. */
  beats: number;
  /** Looks excused for being late since then. */
  excused: number;
}

/**
 * Suspects a link when records are under way on it, the peer's heart goes on beating, and none is acknowledged. Every
 * beat of a peer comes after it drained its links and acknowledged what it got. The first beat after a record left may
 * end a turn that began before; the second shows that record or answer does not get through, as long as the beats were
 * read before this member drained its own links, so that every answer older than the beat has been seen, and are counted
 * from a look at which the record had left. A peer that blocks its loop does not beat, and is
 * never suspected. A link is watched in the direction it is used in: answers that come over another link count, so that
 * a link that is dead one way is found by the side that sends that way.
 */
export class LinkDetector {
  readonly #watches: LinkWatch[];

  constructor(links: number) {
    this.#watches = Array.from({ length: links }, () => ({ mark: 0, underWay: false, beats: 0, excused: 0 }));
  }

  /** Forget what was seen: the pair was cut, and nobody is judged by it. */
  forgive(peerBeats: number): void {
    for (const watch of this.#watches) reset(watch, peerBeats);
  }

  /**
   * Called once per own heartbeat, after everything that arrived was handled. `drainedBeats`: the peer's heartbeat as it
   * was before that, which counts against the link; `peerBeats`: as it is now, from where counting starts, since a record
   * may have left just now. `late`: this member was stalled itself before. Then it judges nobody, unless it is late for good: a member of an overloaded machine would else never find
   * a dead link.
   */
  look(state: SessionState, link: number, drainedBeats: number, peerBeats: number, late: boolean): Suspicion {
    const watch = this.#watches[link] as LinkWatch;
    const at = state.links[link]?.state;
    if ((at !== 'up' && at !== 'suspect') || (at === 'up' && moved(watch, state, link))) {
      reset(watch, peerBeats);
      return 'none';
    }
    if (late && watch.excused < lateTicksExcusedMax) {
      watch.excused++;
      watch.beats = peerBeats;
      return 'none';
    }
    const stood = beatsSince(watch, drainedBeats);
    // Its records went to another link when it became suspect; one beat later it is fenced, and probed both ways.
    if (at === 'suspect') return stood > stallBeats ? 'fail' : 'none';
    const others = state.links.some((other, index) => index !== link && other.state === 'up');
    if (others) return stood >= stallBeats ? 'suspect' : 'none';
    return stood >= soleLinkStallBeats ? 'fail' : 'none';
  }
}

function reset(watch: LinkWatch, peerBeats: number): void {
  watch.beats = peerBeats;
  watch.excused = 0;
}

/** Whether the link made progress since the last look, or had nothing to make progress with, then or now. */
function moved(watch: LinkWatch, state: SessionState, link: number): boolean {
  let mark = 0;
  let underWay = false;
  for (const each of state.classes) {
    if (each.link !== link) continue;
    mark += each.unacknowledged;
    if (each.unacknowledged < each.cursor) underWay = true;
  }
  const stands = underWay && watch.underWay && mark === watch.mark;
  watch.mark = mark;
  watch.underWay = underWay;
  return !stands;
}

/** Heartbeats wrap at 2^32. */
function beatsSince(watch: LinkWatch, beats: number): number {
  return (beats - watch.beats) >>> 0;
}
