import type { PagePool } from '@holdfast/runtime';
import type { IomMessage } from '../kernel/iom-messages.ts';
import type { MjEntry, Peer } from '../kernel/journal.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { JournalStorage } from './journal-storage.ts';

/** What a role of an I/O manager stands on. */
export interface RoleHost {
  readonly store: BlockStore;
  readonly storage: JournalStorage;
  readonly pages: PagePool;
  /** The epoch this life of the I/O manager began in: no other life of it has the same. */
  readonly incarnation: number;
  /** The other members. */
  readonly peers: readonly Peer[];
  send(to: Peer, message: IomMessage): void;
  /** Told of each step of the protocol. */
  readonly trace?: ((step: string, id: number) => void) | undefined;
  /** Awaited when a data block is written and before it is flushed. */
  beforeFlush(id: number, entry: MjEntry | undefined): Promise<void>;
  /** The error of a block that the drive cannot give. */
  damaged(gfid: number, lblk: number): Error;
}
