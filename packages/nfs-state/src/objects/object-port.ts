import type { ByteRun } from '../byte-run.ts';
import type { Verifier } from '../file-port.ts';

/** Who holds a part of an object. */
export interface ObjectPiece {
  readonly offset: number;
  readonly bytes: number;
  /** The member that holds it. */
  readonly node: string;
}

/**
 * What files need of an array: objects of bytes, written in place. A block of {@link blockBytes} is written whole or not at
 * all; nothing more is promised. What was never written reads as zeros.
 */
export interface ObjectPort {
  /** Make an object, durably; false when it is there already. */
  create(name: string): Promise<boolean>;
  /** Remove an object, durably; false when there is none. */
  remove(name: string): Promise<boolean>;
  /**
   * Nobody else writes the object from now on, and what others had begun is over; their writes are HF_CLAIMED. False when
   * there is no such object.
   */
  claim(name: string): Promise<boolean>;
  /** Fill `into`, with what was written last and not lost since; false when there is no such object. */
  read(name: string, offset: number, into: Uint8Array): Promise<boolean>;
  /**
   * Write runs. Toughness 1: in the memory of more than one member, or of as many as the array does with, and gone when
   * they die; 2: on stable storage. Writes of one block take effect in the order of the calls. The bytes are not needed any
   * more when it resolves.
   * @throws NoFileError
   */
  write(name: string, runs: readonly ByteRun[], toughness: 1 | 2): Promise<Verifier>;
  /**
   * Make stable what was written before. With the verifier of the writes, unless something of them may have been lost.
   * @throws NoFileError
   */
  sync(name: string): Promise<Verifier>;
  /**
   * Everything from `sizeBytes` on reads as zeros, durably, and no write from before comes back behind it.
   * @throws NoFileError
   */
  truncate(name: string, sizeBytes: number): Promise<void>;
  /** Where a part of an object lies, in the order of offsets. Says nothing of what was written there. */
  locate(name: string, offset: number, bytes: number): Promise<readonly ObjectPiece[]>;
}

/** The unit of atomicity of an object, and the page of a client's cache. */
export const blockBytes = 4096;
