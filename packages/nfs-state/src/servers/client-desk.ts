import type { FileId } from '../file-port.ts';

/** A layout that a client holds. */
export interface HeldLayout {
  readonly client: string;
  readonly layout: number;
}

export interface LockWanted {
  readonly client: string;
  /** Whoever holds the lock on the client: locks of one owner do not conflict. */
  readonly owner: string;
  readonly file: FileId;
  readonly type: 'read' | 'write';
  readonly offset: number;
  /** 0: to the end of the file, however far it grows. */
  readonly bytes: number;
}

/**
 * What the metadata server asks about the state of its clients: leases, layouts, byte-range locks. The narrow side of
 * whoever keeps that state.
 */
export interface ClientDesk {
  /** Begin a new lease of a client; one it had before has ended by then. Numbers of leases are never used again. */
  begin(client: string): Promise<number>;
  isCurrent(client: string, lease: number): boolean;
  /** End a lease and all that was held under it; the layouts it took along. */
  end(client: string): Promise<readonly { readonly file: FileId; readonly layout: number }[]>;
  /** The generation of a layout that the client may write under from now on, or why it gets none. */
  grantLayout(client: string, file: FileId): Promise<number | 'later' | 'unavailable'>;
  holdsLayout(client: string, file: FileId): boolean;
  /** False when it was not held any more. */
  returnLayout(client: string, file: FileId, layout: number): Promise<boolean>;
  layoutsOf(file: FileId): readonly HeldLayout[];
  /** False when somebody else holds a conflicting lock. */
  lock(wanted: LockWanted): Promise<boolean>;
  unlock(held: LockWanted): Promise<void>;
}
