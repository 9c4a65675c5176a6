import type { Ledger, LedgerOracle } from './ledger-oracle.ts';
import type { LockGround } from './lock-ground.ts';
import type { ObjectStore } from './object-store.ts';
import type { DoomedOptions } from './process-death.ts';
import type { TreeIndex } from './tree-index.ts';

/** What the demo runs on: a cluster whose nodes carry one array. {@link DemoGround} opens it. */
export interface DemoBed extends ObjectStore {
  readonly nodes: readonly string[];
  readonly layout: { readonly data: number; readonly parity: number };
  /** How the nodes are joined, for the time line. */
  readonly joinedBy: string;
  /** Bytes of an object that one store request to a node stands for, about. */
  readonly storeBytes: number;
  /** What the nodes share about the files: while a new store is filled, in clusters of up to `indexNodesMax` nodes. */
  readonly index: TreeIndex | undefined;
  /** Heads of NFS, under the same conditions. */
  readonly locks: LockGround | undefined;
  /** The object that is overwritten in small pieces: a new one, or the one with that id. Left out where there is none. */
  openLedger?(gfid?: string): Promise<Ledger>;
  /** Told when a node is about to be ended, and whether it was ended in the middle of an overwrite. */
  onOverwriteCaught?: { readonly hurry: () => void; readonly killed: (caught: boolean) => void };
  /**
   * Makes ready to end `node` in the middle of a store: after it wrote its next blocks of object `key`, before it made
   * them durable; `passes` stores of that object come before. When an object is being overwritten, in the middle of an
   * overwrite as well. Resolves once no store can slip through any more.
   */
  armKill(node: string, key: string, passes: number): Promise<ArmedKill>;
  /** Lets `node` in again, whose drive is back as it was when it died, and waits until it has caught up. */
  revive?(node: string): Promise<RevivedNode>;
  /** Gives `node` an empty drive once `wipe` took the one it has away, fills it from the others, and reads everything once. */
  mend?(node: string, wipe: () => Promise<unknown>): Promise<MendedDrive>;
  /** Ends `node` now. */
  kill(node: string): Promise<void>;
  close(): Promise<void>;
  /** Ends everything at once, nothing awaited from the nodes. */
  terminate(): Promise<void>;
}

/** What a node that came back with its old drive had missed. */
export interface RevivedNode {
  /** Blocks that travelled so that it has what was overwritten meanwhile. */
  readonly blocksMoved: number;
  /** Bytes of whole objects, stored meanwhile, that were restored on it. */
  readonly repairedBytes: number;
  /** Whether it has caught up with everything. */
  readonly isWhole: boolean;
}

/** How an empty drive was filled. */
export interface MendedDrive {
  /** Bytes of blocks restored from the other drives. */
  readonly bytes: number;
  /** Objects that the scrub afterwards read, and slots it had to write anew. */
  readonly objects: number;
  readonly repairedSlots: number;
  /** Groups of which too much is gone. */
  readonly lostGroups: number;
}

export interface ArmedKill {
  /** Resolves once the node has died that way. Never, when it is given no block of the object. */
  readonly killed: Promise<void>;
  /** Calls it off. False when it is too late for that: a block was met, and the node is dying. */
  disarm(): Promise<boolean>;
}

export interface BedOptions {
  readonly nodes: number;
  readonly storage: string;
  /** Whether a new array is made or the one in `storage` is opened. */
  readonly array: 'create' | 'open';
}

export interface DemoGround {
  open(options: BedOptions): Promise<DemoBed>;
  /** Has another process overwrite an object of the closed store, and kills it. How many overwrites it was answered. */
  dieOverwriting?(options: DoomedOptions, oracle: LedgerOracle): Promise<number>;
  /** Bytes the drives need for objects of these sizes, parity and bookkeeping included. */
  neededBytes(objects: Iterable<number>, nodes: number): Promise<number>;
  /** Moves the files of `node` out of the store, unread. Returns where they are now, below the storage directory. */
  moveDriveAside(storage: string, node: string): Promise<string>;
  /** Moves them back to where they were. */
  moveDriveBack(storage: string, node: string): Promise<void>;
}
