import { hash } from 'node:crypto';
import {
  type Reader,
  readCount,
  readString,
  type Writer,
  wireText,
  writeCount,
  writeString,
} from '@holdfast/runtime/internals';
import { textHash } from './default-owners.ts';
import type { ContainerDefinition } from './definition.ts';
import { pagesOf } from './page-value.ts';

/** What a member must know of a container to take part in its protocol, whether or not it has opened it. */
export interface SetDescriptor {
  /** The hash of its name. */
  readonly id: number;
  readonly name: string;
  readonly exclusiveReaders: boolean;
  /** Objects begin, and loads run, on the default owner. */
  readonly isLinked: boolean;
  readonly isMigratory: boolean;
  /** What is written is on a second node before anybody sees it. */
  readonly isBackedUp: boolean;
  /** Objects may lie on the device of their default owner alone. */
  readonly isStored: boolean;
  /** The source always has the value that was read last: what dies with a node is loaded again. */
  readonly isReloaded: boolean;
  /** Members record what happens to its objects, from the first event on. */
  readonly isTraced: boolean;
  /** Pages that each value takes; 0 where values are no pages. */
  readonly pages: number;
  /** The same where two definitions mean the same on the wire. */
  readonly fingerprint: string;
}

export function describe<Key, Value, Operations>(
  definition: ContainerDefinition<Key, Value, Operations, undefined>,
): SetDescriptor {
  const { name, key, value, defaultOwner, exclusiveReaders, firstTouch, migratory, backup, operations, source, trace } =
    definition;
  const policy = {
    exclusiveReaders,
    isLinked: firstTouch === 'default-owner',
    isMigratory: migratory,
    isBackedUp: backup === 1,
    isStored: source.store !== undefined && source.load !== undefined,
    isReloaded: source.writeThrough === true,
    isTraced: trace,
    pages: pagesOf(value),
  };
  const owner = typeof defaultOwner === 'function' ? 'function' : defaultOwner;
  const meaning = [wireText(key, 'output'), wireText(value, 'output'), owner, Object.keys(operations as object).sort()];
  return {
    id: textHash(name),
    name,
    ...policy,
    fingerprint: hash('sha256', JSON.stringify([...meaning, policy])).slice(0, 32),
  };
}

export function writeDescriptor(to: Writer, descriptor: SetDescriptor): void {
  writeString(to, descriptor.name);
  const { exclusiveReaders, isLinked, isMigratory, isStored, isBackedUp, isTraced, isReloaded } = descriptor;
  writeCount(
    to,
    (exclusiveReaders ? 1 : 0) |
      (isLinked ? 2 : 0) |
      (isMigratory ? 4 : 0) |
      (isStored ? 8 : 0) |
      (isBackedUp ? 16 : 0) |
      (isTraced ? 32 : 0) |
      (isReloaded ? 64 : 0),
  );
  writeCount(to, descriptor.pages);
  writeString(to, descriptor.fingerprint);
}

export function readDescriptor(from: Reader): SetDescriptor {
  const name = readString(from);
  const flags = readCount(from);
  return {
    id: textHash(name),
    name,
    exclusiveReaders: (flags & 1) !== 0,
    isLinked: (flags & 2) !== 0,
    isMigratory: (flags & 4) !== 0,
    isStored: (flags & 8) !== 0,
    isBackedUp: (flags & 16) !== 0,
    isTraced: (flags & 32) !== 0,
    isReloaded: (flags & 64) !== 0,
    pages: readCount(from),
    fingerprint: readString(from),
  };
}
