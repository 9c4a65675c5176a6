import type { EffectSink, Handle } from '@holdfast/kernel';
import type { Address, JournalEntry, JournalId, MjEntry } from './journal.ts';

/** An update that the parity IOM has an open pj for, and whether its half is good. */
export interface OpenUpdate {
  readonly mj: MjEntry;
  readonly good: boolean;
  /** The data IOM that hears of it has no half of it: its block is elsewhere, or not up to date. */
  readonly away?: boolean;
}

/** From a data IOM to a parity IOM. */
export type ToParity =
  /**
   * The request of the figure; with the delta in it unless the parity IOM is to ask for it. `code` says that the receiver
   * has the second parity of the group.
   */
  | { readonly type: 'ios_updatepn'; readonly mj: MjEntry; readonly delta: Handle; readonly code?: 'q' }
  | { readonly type: 'delta'; readonly mj: JournalId; readonly delta: Handle }
  /** The data half is durable, and the other parity half where the group has two: the entry may end. */
  | {
      readonly type: 'data_hardened';
      readonly mj: JournalId;
      /** There is no data half: the block is marked before the entry ends. */
      readonly away?: boolean;
    }
  /** Recovery, the first message after a link came up: what do you have open of me? */
  | { readonly type: 'resolve' }
  /** Recovery: the difference that this update made to parity, so that D1 can be made again. */
  | { readonly type: 'recall'; readonly mj: JournalId }
  /** Recovery: the update does not count. */
  | { readonly type: 'abort'; readonly mj: JournalId };

/** From a parity IOM to a data IOM. */
export type ToData =
  | { readonly type: 'request_delta'; readonly mj: JournalId }
  /** The delta lies in a page of the parity IOM: what toughness 1 waits for. */
  | { readonly type: 'delta_held'; readonly mj: JournalId }
  | { readonly type: 'parity_hardened'; readonly mj: JournalId }
  /** The answer to `resolve`: everything open that came from this data IOM. */
  | { readonly type: 'resolved'; readonly open: readonly OpenUpdate[] }
  | { readonly type: 'recalled'; readonly mj: JournalId; readonly delta: Handle };

export type IomMessage = ToParity | ToData;

/**
 * What a role asks of the storage below it. `id` is the mj or pj it is about. Requests that name an address see the
 * bytes last hardened or combined for it, whether they are on disk yet or not (`modifyBlock`).
 */
export type StorageRequest =
  /** Merge the caller's bytes with the old block, and take the difference of the two. Answer: `combined`. */
  | {
      readonly type: 'prepare';
      readonly id: JournalId;
      readonly oldAddress: Address;
      readonly newAddress: Address;
      readonly payload: Handle;
      readonly writeStart: number;
      readonly writeBytes: number;
      /** The old block, where it lies nowhere here; the new one is not kept then. */
      readonly old?: Handle;
    }
  /** A difference times g^power, in the field of Q. Answer: `difference`. */
  | { readonly type: 'scale'; readonly id: JournalId; readonly delta: Handle; readonly power: number }
  /**
   * The block at `oldAddress` with a delta merged in, for `newAddress`. With `power` the delta counts g^power times, in the
   * field of Q; a negative power takes that back. Answer: `combined`.
   */
  | {
      readonly type: 'merge';
      readonly id: JournalId;
      readonly oldAddress: Address;
      readonly newAddress: Address;
      readonly delta: Handle;
      readonly power?: number;
    }
  /** Answer: `difference`. */
  | {
      readonly type: 'difference';
      readonly id: JournalId;
      readonly oldAddress: Address;
      readonly newAddress: Address;
    }
  /** Whether the block on disk has that checksum. Answer: `verified`. */
  | { readonly type: 'verify'; readonly id: JournalId; readonly address: Address; readonly checksum: number }
  /** Write what was combined for the address. Answer once durable: `hardened`. */
  | { readonly type: 'harden'; readonly id: JournalId; readonly address: Address }
  /** Append to the log. Answer once durable, and everything before it: `journaled`. */
  | { readonly type: 'journal'; readonly entry: JournalEntry }
  /**
   * Put the address into the cnode or indirect, and the entry into `pf_jmrage.newest` of that buffer and of the bitmap:
   * neither may reach the disk before the log did up to there (law L3).
   */
  | { readonly type: 'mark'; readonly id: JournalId; readonly address: Address };

export type StorageAnswer =
  | { readonly type: 'combined'; readonly id: JournalId; readonly checksum: number; readonly delta: Handle }
  | { readonly type: 'difference'; readonly id: JournalId; readonly delta: Handle }
  | { readonly type: 'verified'; readonly id: JournalId; readonly good: boolean }
  | { readonly type: 'hardened'; readonly id: JournalId }
  | { readonly type: 'journaled'; readonly entry: JournalEntry };

/**
 * How a write ended, or how far it got: `toughness` is the level reached. `elsewhere`: the old block that came with it is
 * not the last one, or it is to be made by another I/O manager.
 */
export interface WriteResult {
  readonly outcome: 'done' | 'busy' | 'elsewhere';
  readonly toughness: Toughness;
}

/** When the caller of a write is answered (seed 001, Fig. 15). */
export type Toughness = 0 | 1 | 2;

export type DataSink = EffectSink<ToParity, WriteResult, StorageRequest>;
export type ParitySink = EffectSink<ToData, never, StorageRequest>;
