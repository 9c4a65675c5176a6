import type { Address } from '../kernel/journal.ts';

/** Where a block is, and which of its updates is there. `stale`: what is here is not what the block holds. */
export interface LocatedBlock {
  readonly address: Address;
  readonly seq: number;
  readonly stale?: boolean;
  /** Nothing is here, and that it was never written is not known: the drive that had it is gone, and nobody else has it. */
  readonly lost?: boolean;
}
