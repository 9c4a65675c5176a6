import type { MapKey } from './key-form.ts';

/** Work on objects, one after the other for each, in the order asked for. Work that fails holds nothing up. */
export class Turns {
  /** The last work on each object that has not ended. */
  readonly #last = new Map<MapKey, Promise<void>>();

  /** Objects that are worked on. */
  get size(): number {
    return this.#last.size;
  }

  after(key: MapKey, work: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
    this.#last.set(key, turn);
    const end = (): void => {
      if (this.#last.get(key) === turn) this.#last.delete(key);
    };
    turn.then(end, end);
    return turn;
  }
}
