import { shrinkPairsMax, shrinkRunsMax, shrinkSecondsMax, shrinkShiftMax } from '../limits.ts';
import type { ChoiceLists } from './choices.ts';

/** A choice that is not the dullest: its stream, its place there and its value. */
interface Spot {
  readonly label: string;
  readonly index: number;
  readonly value: number;
}

export interface Shrunk {
  readonly choices: ChoiceLists;
  /** Choices other than the dullest: before and after. */
  readonly before: number;
  readonly after: number;
  /** Runs it took. */
  readonly runs: number;
}

/**
 * A smaller list of choices that still fails: whole streams first (a class of faults, a node's faults, a kind of
 * call), then ever smaller groups of choices set to 0, then choices moved to an earlier place, which lets more of
 * those before them go, then pairs of one dropped and one moved, at last single choices made smaller.
 *
 * `fails` runs the list; its second answer is what the run drew in fact, so that what was never used is cut.
 */
export function shrink(failing: ChoiceLists, fails: (lists: ChoiceLists) => ChoiceLists | undefined): Shrunk {
  const search = new ShrinkSearch(failing, fails);
  search.dropStreams();
  do search.dropGroups();
  while (search.moveEarlier() || search.dropWithShift());
  search.lowerValues();
  return {
    choices: search.best,
    before: spotsOf(failing).length,
    after: spotsOf(search.best).length,
    runs: search.runs,
  };
}

class ShrinkSearch {
  best: ChoiceLists;
  runs = 0;
  readonly #fails: (lists: ChoiceLists) => ChoiceLists | undefined;
  readonly #deadlineMs = performance.now() + shrinkSecondsMax * 1000;

  constructor(failing: ChoiceLists, fails: (lists: ChoiceLists) => ChoiceLists | undefined) {
    this.best = failing;
    this.#fails = fails;
  }

  dropStreams(): void {
    for (const label of [...this.best.keys()]) this.#tryWith(new Map(this.best).set(label, []));
    for (const spot of spotsOf(this.best).filter(({ label }) => label === 'swarm')) this.#tryChanging([spot], 0);
  }

  /** Delta debugging: halve the groups until they are single choices, again as long as that helps. */
  dropGroups(): void {
    for (let helped = true; helped; ) {
      helped = false;
      for (
        let size = Math.ceil(spotsOf(this.best).length / 2);
        size >= 1;
        size = size === 1 ? 0 : Math.ceil(size / 2)
      ) {
        if (this.#dropGroupsOf(size)) helped = true;
        if (this.#spent) return;
      }
    }
  }

  /** Let choices happen earlier by taking out zeros before them. */
  moveEarlier(): boolean {
    let helped = false;
    for (const { label } of new Map(spotsOf(this.best).map((spot) => [spot.label, spot])).values()) {
      for (let place = 0; place < this.#spotsIn(label).length; place++) {
        while (this.#moveSpotEarlier(label, place)) helped = true;
      }
    }
    return helped;
  }

  /** Drop one choice and let another happen earlier at the same time: a fault counts the messages before it. */
  dropWithShift(): boolean {
    const spots = spotsOf(this.best);
    if (spots.length > shrinkPairsMax) return false;
    for (const dropped of spots) {
      for (const shifted of spots) {
        if (shifted !== dropped && this.#dropAndShift(dropped, shifted)) return true;
      }
    }
    return false;
  }

  lowerValues(): void {
    for (const spot of spotsOf(this.best)) {
      for (const value of [1, spot.value >> 2, spot.value >> 1]) {
        if (value > 0 && value < spot.value && this.#tryChanging([spot], value)) break;
      }
    }
  }

  #dropGroupsOf(size: number): boolean {
    let helped = false;
    let spots = spotsOf(this.best);
    // From the back: what happens late depends on what happens early, not the other way round.
    for (let end = spots.length; end > 0 && !this.#spent; end = Math.min(end - size, spots.length)) {
      if (!this.#tryChanging(spots.slice(Math.max(0, end - size), end), 0)) continue;
      helped = true;
      spots = spotsOf(this.best);
    }
    return helped;
  }

  #dropAndShift(dropped: Spot, shifted: Spot): boolean {
    const lists = new Map(this.best);
    lists.set(dropped.label, (lists.get(dropped.label) ?? []).with(dropped.index, 0));
    const list = lists.get(shifted.label) ?? [];
    for (let count = 1; count <= shrinkShiftMax && list[shifted.index - count] === 0; count++) {
      if (this.#tryWith(lists.set(shifted.label, list.toSpliced(shifted.index - count, count)))) return true;
    }
    return false;
  }

  #moveSpotEarlier(label: string, place: number): boolean {
    const spots = this.#spotsIn(label);
    const spot = spots[place];
    if (spot === undefined) return false;
    const zeros = spot.index - ((spots[place - 1]?.index ?? -1) + 1);
    for (let count = zeros; count >= 1; count = count === 1 ? 0 : Math.ceil(count / 2)) {
      const list = this.best.get(label) ?? [];
      if (this.#tryWith(new Map(this.best).set(label, list.toSpliced(spot.index - count, count)))) return true;
    }
    return false;
  }

  #spotsIn(label: string): Spot[] {
    return spotsOf(this.best).filter((spot) => spot.label === label);
  }

  get #spent(): boolean {
    return this.runs >= shrinkRunsMax || performance.now() > this.#deadlineMs;
  }

  #tryChanging(spots: readonly Spot[], value: number): boolean {
    const lists = new Map(this.best);
    const changed = new Map<string, number[]>();
    for (const { label, index } of spots) {
      const list = changed.get(label) ?? [...(lists.get(label) ?? [])];
      changed.set(label, list);
      if (index < list.length) list[index] = value;
    }
    for (const [label, list] of changed) lists.set(label, list);
    return this.#tryWith(lists);
  }

  #tryWith(lists: ChoiceLists): boolean {
    if (this.#spent) return false;
    this.runs++;
    const drawn = this.#fails(lists);
    if (drawn === undefined || !isLighter(drawn, this.best)) return false;
    this.best = drawn;
    return true;
  }
}

function spotsOf(lists: ChoiceLists): Spot[] {
  return Array.from(lists, ([label, list]) =>
    list.flatMap((value, index) => (value === 0 ? [] : [{ label, index, value }])),
  ).flat();
}

/** Fewer choices other than 0 first, then earlier ones, then smaller ones; each list counts in that order. */
function isLighter(lists: ChoiceLists, than: ChoiceLists): boolean {
  const [a, b] = [spotsOf(lists), spotsOf(than)];
  if (a.length !== b.length) return a.length < b.length;
  const [early, late] = [sumOf(a, 'index'), sumOf(b, 'index')];
  return early === late ? sumOf(a, 'value') < sumOf(b, 'value') : early < late;
}

const sumOf = (spots: readonly Spot[], field: 'index' | 'value'): number =>
  spots.reduce((sum, spot) => sum + spot[field], 0);
