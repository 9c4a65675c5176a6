/**
 * Writes of one block go out one after the other, in the order they were asked for: a later one must not arrive first,
 * or the earlier one would pass for a late retry of what was carried out.
 */
export class BlockLanes {
  readonly #tails = new Map<number, Promise<unknown>>();

  /** Run `work` when all work on these blocks that was asked for before is over. */
  async run<T>(blocks: readonly number[], work: () => Promise<T>): Promise<T> {
    const before = blocks.flatMap((block) => this.#tails.get(block) ?? []);
    const mine = before.length === 0 ? work() : Promise.allSettled(before).then(work);
    for (const block of blocks) this.#tails.set(block, mine);
    try {
      return await mine;
    } finally {
      for (const block of blocks) if (this.#tails.get(block) === mine) this.#tails.delete(block);
    }
  }
}
