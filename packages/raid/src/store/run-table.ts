/** A run as the drive knows it: which slot of its group, and where. */
export interface Run {
  readonly slot: number;
  readonly blocks: number;
  readonly address: number;
}

const slotRange = 16;
const blocksRange = 256;

/** The runs of one object on one drive, by group: at most one each, since the slots of a group lie on different drives. */
export class RunTable {
  /** group -> (address * 256 + blocks) * 16 + slot: one number, since a drive holds many runs. */
  readonly #packed = new Map<number, number>();

  get size(): number {
    return this.#packed.size;
  }

  get(group: number): Run | undefined {
    const packed = this.#packed.get(group);
    return packed === undefined ? undefined : unpack(packed);
  }

  set(group: number, run: Run): void {
    if (run.slot >= slotRange || run.blocks >= blocksRange) throw new RangeError('A run exceeds its bounds.');
    this.#packed.set(group, (run.address * blocksRange + run.blocks) * slotRange + run.slot);
  }

  delete(group: number): void {
    this.#packed.delete(group);
  }

  *entries(): Generator<readonly [group: number, run: Run]> {
    for (const [group, packed] of this.#packed) yield [group, unpack(packed)];
  }
}

function unpack(packed: number): Run {
  const rest = Math.floor(packed / slotRange);
  return { slot: packed % slotRange, blocks: rest % blocksRange, address: Math.floor(rest / blocksRange) };
}
