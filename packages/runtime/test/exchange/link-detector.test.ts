import { describe, expect, it } from 'vitest';
import { LinkDetector, type Suspicion } from '../../src/exchange/link-detector.ts';
import { sessionEnv } from '../../src/exchange/session-settings.ts';
import { sessionKernel } from '../../src/kernel/session-kernel.ts';
import type { SessionState } from '../../src/kernel/session-types.ts';
import { lateTicksExcusedMax, soleLinkStallBeats, stallBeats } from '../../src/limits.ts';

/** A session whose bulk class has ten records under way on link 0. */
function underWay(second: 'up' | 'down' = 'up'): SessionState {
  const state = sessionKernel.initial(sessionEnv(2));
  const [first, other] = state.links;
  const bulk = state.classes[2];
  if (first === undefined || other === undefined || bulk === undefined) throw new Error('no session');
  first.state = 'up';
  other.state = second;
  Object.assign(bulk, { link: 0, unacknowledged: 5, cursor: 15, next: 15 });
  return state;
}

/** A look at a peer whose heart did not beat while this member drained its links. */
function look(detector: LinkDetector, state: SessionState, link: number, beats: number, late: boolean): Suspicion {
  return detector.look(state, link, beats, beats, late);
}

describe('LinkDetector', () => {
  it('suspects a link after two beats of the peer without an acknowledgement, and fails it one beat later', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    const seen: string[] = [];
    for (let beats = 100; beats <= 100 + stallBeats; beats++) seen.push(look(detector, state, 0, beats, false));
    expect(seen).toEqual(['none', 'none', 'suspect']);
    if (state.links[0] !== undefined) state.links[0].state = 'suspect';
    expect(look(detector, state, 0, 100 + stallBeats, false)).toBe('none');
    expect(look(detector, state, 0, 101 + stallBeats, false)).toBe('fail');
  });

  it('counts no beat from before the record left, however many there were', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    const bulk = state.classes[2];
    if (bulk === undefined) throw new Error('no class');
    bulk.cursor = bulk.unacknowledged;
    look(detector, state, 0, 100, false);
    // Between two looks the peer beat often, and then a record left.
    bulk.cursor = bulk.unacknowledged + 1;
    expect(look(detector, state, 0, 100 + 10 * stallBeats, false)).toBe('none');
    expect(look(detector, state, 0, 100 + 11 * stallBeats, false)).toBe('suspect');
  });

  it('counts no beat from while this member drained its links', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    expect(detector.look(state, 0, 100, 110, false)).toBe('none');
    expect(detector.look(state, 0, 110 + stallBeats - 1, 120, false)).toBe('none');
    expect(detector.look(state, 0, 110 + stallBeats, 130, false)).toBe('suspect');
  });

  it('never suspects a peer whose heart stands still, however long', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    for (let count = 0; count < 1000; count++) expect(look(detector, state, 0, 100, false)).toBe('none');
  });

  it('takes any acknowledgement for progress, and a link without traffic for healthy', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    const bulk = state.classes[2];
    if (bulk === undefined) throw new Error('no class');
    for (let beats = 0; beats < 50; beats++) {
      if (beats % 2 === 0) bulk.unacknowledged++;
      bulk.cursor = bulk.unacknowledged + 1;
      expect(look(detector, state, 0, beats, false)).toBe('none');
    }
    bulk.cursor = bulk.unacknowledged;
    for (let beats = 50; beats < 100; beats++) expect(look(detector, state, 0, beats, false)).toBe('none');
    expect(look(detector, state, 1, 100, false)).toBe('none');
  });

  it('starts anew after it forgave, and is patient with the only link', () => {
    const detector = new LinkDetector(2);
    const state = underWay('down');
    look(detector, state, 0, 0, false);
    expect(look(detector, state, 0, soleLinkStallBeats - 1, false)).toBe('none');
    detector.forgive(soleLinkStallBeats);
    expect(look(detector, state, 0, soleLinkStallBeats + 1, false)).toBe('none');
    expect(look(detector, state, 0, 2 * soleLinkStallBeats, false)).toBe('fail');
  });

  it('judges nobody while this member itself is late, but not for ever', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    let beats = 0;
    look(detector, state, 0, beats, false);
    for (let late = 0; late < lateTicksExcusedMax; late++) {
      beats += stallBeats;
      expect(look(detector, state, 0, beats, true)).toBe('none');
    }
    expect(look(detector, state, 0, beats + stallBeats, true)).toBe('suspect');
  });

  it('excuses lateness anew after progress', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    const bulk = state.classes[2];
    if (bulk === undefined) throw new Error('no class');
    for (let late = 0; late < 4 * lateTicksExcusedMax; late++) {
      if (late % lateTicksExcusedMax === 0) bulk.unacknowledged++;
      expect(look(detector, state, 0, late * stallBeats, true)).toBe('none');
    }
  });

  it('counts beats across their wrap', () => {
    const detector = new LinkDetector(2);
    const state = underWay();
    expect(look(detector, state, 0, 2 ** 32 - 1, false)).toBe('none');
    expect(look(detector, state, 0, 0, false)).toBe('none');
    expect(look(detector, state, 0, stallBeats - 1, false)).toBe('suspect');
  });
});
