import type { PagePool } from '@holdfast/runtime';
import type { WriteCall } from '../kernel/data-state.ts';
import type { Toughness } from '../kernel/iom-messages.ts';
import type { MjEntry, Peer } from '../kernel/journal.ts';
import type { ProxyResult } from '../kernel/proxy-messages.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { AskRowPlace, RowOfWrite } from './first-places.ts';
import type { JournalStorage } from './journal-storage.ts';
import type { Reservations } from './reservations.ts';

/** Told of each step of the protocol, with the number of the entry, and how to find its object while it is open. */
export type NoteStep = (role: 'data' | 'parity', step: string, id: number, gfidOf: () => number | undefined) => void;

/** How a message goes to another I/O manager. */
export interface Sending {
  /** False: nobody waits for it. */
  readonly isUrgent?: boolean;
  /** Of the write that an update is of: what the receiver does for it is as urgent. */
  readonly toughness?: Toughness | undefined;
}

/** What a role of an I/O manager stands on. */
export interface RoleHost<Message> {
  readonly store: BlockStore;
  readonly storage: JournalStorage;
  readonly pages: PagePool;
  /** The epoch this life of the I/O manager began in: no other life of it has the same. */
  readonly incarnation: number;
  /** The other members; where groups may have two parities also this one, whose data IOM may write for others. */
  readonly peers: readonly Peer[];
  /** This member, if it is one of the peers. */
  readonly self: Peer | undefined;
  /** Have the data IOM of this member write in the place of another one. */
  writeFor(of: Peer, write: Omit<WriteCall, 'type' | 'call'>): Promise<ProxyResult>;
  readonly reservations: Reservations;
  /** Asks a parity IOM for a place of a row that may have none yet. */
  readonly askRowPlace: AskRowPlace;
  /** A write of an object begins. */
  noteChange(gfid: number): void;
  /** Whether something is under way here, in either role, that gives its old place back. */
  arePlacesComing(): boolean;
  /** A place that was asked for is not wanted after all. */
  giveUpRowPlace(row: RowOfWrite): void;
  send(to: Peer, message: Message, how?: Sending): void;
  /** Somebody waits for what was in no hurry, here and at these. */
  hurry(peers: readonly Peer[]): void;
  readonly trace: NoteStep;
  /** Awaited before a data block is flushed; undefined: nothing holds it. */
  beforeFlush(entry: MjEntry): Promise<void> | undefined;
  /** The error of a block that the drive cannot give. */
  damaged(gfid: number, lblk: number): Error;
}
