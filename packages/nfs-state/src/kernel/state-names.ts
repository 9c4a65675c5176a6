/** What clients, files and state are named by (RFC 7530, 9.1). */

export type ClientId = string;
/** Opaque names of owners, given by clients. */
export type OwnerName = string;
/** Names a file for ever. */
export type FileId = string;
export type SessionId = string;
/** The part of a stateid that names what it stands for: 12 bytes, as 24 hexadecimal digits. */
export type StateKey = string;

export interface Stateid {
  readonly key: StateKey;
  readonly seqid: number;
}

export type LockType = 'read' | 'write';
