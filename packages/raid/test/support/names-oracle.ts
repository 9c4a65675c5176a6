import type { NameEntry } from '../../src/names/array-names.ts';

/** A change of names as it was asked for: `to` where a name is renamed, `gfid` where one is bound. */
export interface NotedChange {
  readonly verb: 'bind' | 'unbind' | 'rename';
  readonly key: string;
  readonly to?: string;
  readonly gfid?: string;
}

/** What the names may be, by the changes that were begun and answered. Changes of different lanes use keys of their own. */
export class NamesOracle {
  /** By lane, names as they are for sure, and the change that is under way there. */
  readonly #lanes = new Map<number, { sure: Map<string, string>; open: NotedChange | undefined }>();

  begin(lane: number, change: NotedChange): void {
    this.#lane(lane).open = change;
  }

  acked(lane: number): void {
    const state = this.#lane(lane);
    if (state.open !== undefined) state.sure = changed(state.sure, state.open);
    state.open = undefined;
  }

  /** What is wrong with the names that are there; undefined when each lane is as it was before or after its open change. */
  wrong(entries: readonly NameEntry[]): string | undefined {
    for (const [lane, state] of this.#lanes) {
      const found = new Map(
        entries.filter(({ key }) => key.startsWith(`${lane}/`)).map(({ key, gfid }) => [key, gfid]),
      );
      const after = state.open === undefined ? state.sure : changed(state.sure, state.open);
      const isAfter = isSame(found, after);
      if (!isAfter && !isSame(found, state.sure)) {
        return `lane ${lane} has ${show(found)}, not ${show(state.sure)}, nor that after ${JSON.stringify(state.open)}`;
      }
      // What was seen stays.
      state.sure = found;
      state.open = undefined;
    }
    return undefined;
  }

  #lane(lane: number) {
    let state = this.#lanes.get(lane);
    if (state === undefined) {
      state = { sure: new Map(), open: undefined };
      this.#lanes.set(lane, state);
    }
    return state;
  }
}

function changed(names: ReadonlyMap<string, string>, { verb, key, to, gfid }: NotedChange): Map<string, string> {
  const after = new Map(names);
  const before = after.get(key);
  if (verb === 'bind') after.set(key, gfid!);
  else after.delete(key);
  if (verb === 'rename' && before !== undefined) after.set(to!, before);
  return after;
}

const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) =>
  a.size === b.size && [...a].every(([key, gfid]) => b.get(key) === gfid);

const show = (names: ReadonlyMap<string, string>) => JSON.stringify(Object.fromEntries(names));
