import { HoldfastError } from '@holdfast/runtime/service';

/** Thrown by `create` where a drive directory already holds an array or other files: `HF_ARRAY_EXISTS`. */
export class ArrayExistsError extends HoldfastError {
  override readonly name = 'ArrayExistsError';
  constructor(directory: string) {
    super('HF_ARRAY_EXISTS', `The directory ${directory} is not empty.`, {
      hint: 'Open the array that is there, or give an empty directory.',
    });
  }
}

/** Thrown by `open` where no drive of an array is found: `HF_NO_ARRAY`. */
export class NoArrayError extends HoldfastError {
  override readonly name = 'NoArrayError';
  constructor(where: string) {
    super('HF_NO_ARRAY', `There is no array in ${where}.`, {
      hint: 'Check the directory, or create an array there.',
    });
  }
}

/** Thrown when the drive directory is open already, in this process or another: `HF_DRIVE_IN_USE`. */
export class DriveInUseError extends HoldfastError {
  override readonly name = 'DriveInUseError';
  constructor(directory: string, cause?: unknown) {
    super('HF_DRIVE_IN_USE', `The drive ${directory} is in use.`, {
      hint: 'Close the array that uses it; the lock ends with the process or thread that holds it.',
      retryable: true,
      cause,
    });
  }
}

/** Thrown when a drive was written by a newer version of the format: `HF_NEWER_FORMAT`. Nothing on it was changed. */
export class NewerFormatError extends HoldfastError {
  override readonly name = 'NewerFormatError';
  constructor(directory: string, found: string) {
    super('HF_NEWER_FORMAT', `The drive ${directory} uses ${found}, which this version does not know.`, {
      hint: 'Open it with the version of Holdfast that wrote it, or a newer one.',
    });
  }
}

/** Thrown when a drive belongs to another array or to another place in this one: `HF_FOREIGN_DRIVE`. */
export class ForeignDriveError extends HoldfastError {
  override readonly name = 'ForeignDriveError';
  constructor(directory: string, why: string) {
    super('HF_FOREIGN_DRIVE', `The drive ${directory} ${why}.`, {
      hint: 'Put the drive back where it belongs, or open the array without it.',
    });
  }
}

/** Thrown when a drive's own structures are beyond use: `HF_DRIVE_DAMAGED`. The message names the structure. */
export class DriveDamagedError extends HoldfastError {
  override readonly name = 'DriveDamagedError';
  constructor(directory: string, damage: string, cause?: unknown) {
    super('HF_DRIVE_DAMAGED', `The drive ${directory} is damaged: ${damage}.`, {
      hint: 'Open the array without this drive; the others hold what it held.',
      cause,
    });
  }
}

/** Thrown when a drive failed in use and stopped itself for good: `HF_DRIVE_STOPPED`. A failed flush is never retried. */
export class DriveStoppedError extends HoldfastError {
  override readonly name = 'DriveStoppedError';
  constructor(directory: string, cause: unknown) {
    super('HF_DRIVE_STOPPED', `The drive ${directory} stopped after a failed transfer.`, {
      hint: 'The array goes on without it; check the device, then open the array again.',
      cause,
    });
  }
}

/** Thrown when a drive has no room: `HF_NO_SPACE`. Nothing was stored; removing still works. */
export class NoSpaceError extends HoldfastError {
  override readonly name = 'NoSpaceError';
  constructor(directory: string, cause?: unknown) {
    super('HF_NO_SPACE', `The drive ${directory} is full.`, {
      hint: 'Remove objects or add space, then store again.',
      retryable: true,
      cause,
    });
  }
}

/** Thrown when a caller of an older view of the array is refused: `HF_FENCED`. */
export class FencedError extends HoldfastError {
  override readonly name = 'FencedError';
  constructor(epoch: number, current: number) {
    super('HF_FENCED', `A request of epoch ${epoch} met a drive of epoch ${current}.`, {
      hint: 'Another opener took over: open the array again.',
    });
  }
}

/** Thrown when pages named by a request are no longer its sender's: `HF_PAGES_GONE`. Nothing was stored. */
export class PagesGoneError extends HoldfastError {
  override readonly name = 'PagesGoneError';
  constructor() {
    super('HF_PAGES_GONE', 'The pages of a request were given back before it was served.', {
      hint: 'Send the request again with pages that stay until the answer.',
      retryable: true,
    });
  }
}

/** Thrown when a drive directory cannot be read or written at all: `HF_DRIVE_UNUSABLE`. The cause says why. */
export class DriveUnusableError extends HoldfastError {
  override readonly name = 'DriveUnusableError';
  constructor(directory: string, cause: Error & { readonly code?: string | undefined }) {
    super('HF_DRIVE_UNUSABLE', `The drive ${directory} cannot be used: ${cause.code ?? cause.message}.`, {
      hint: 'Check the path, its permissions and the device.',
      cause,
    });
  }
}

/** Thrown by an I/O manager whose drive was not opened, or is closed: `HF_DRIVE_CLOSED`. */
export class DriveClosedError extends HoldfastError {
  override readonly name = 'DriveClosedError';
  constructor(directory: string) {
    super('HF_DRIVE_CLOSED', `The drive ${directory} is not open.`, { hint: 'Open the array again.' });
  }
}

/** Thrown by every call on an array that was closed: `HF_ARRAY_CLOSED`. */
export class ArrayClosedError extends HoldfastError {
  override readonly name = 'ArrayClosedError';
  constructor() {
    super('HF_ARRAY_CLOSED', 'The array is closed.', { hint: 'Open it again.' });
  }
}

/** Thrown when an array cannot have the asked shape on these nodes: `HF_GEOMETRY`. */
export class GeometryError extends HoldfastError {
  override readonly name = 'GeometryError';
  constructor(problem: string, hint: string) {
    super('HF_GEOMETRY', problem, { hint });
  }
}

/**
 * Thrown when more members are down, out of date or damaged than parity covers: `HF_TOO_MANY_DOWN`. By `open`, nothing
 * was changed; by a put or remove, nothing of it is visible. Reads go on for every object that is still whole.
 */
export class TooManyDownError extends HoldfastError {
  override readonly name = 'TooManyDownError';
  /** What is wrong with whom. */
  readonly members: Readonly<Record<string, string>>;
  /** @param technique of the object concerned; where omitted, what the array as a whole can lose */
  constructor(members: Readonly<Record<string, string>>, covered: number, technique?: string) {
    const list = Object.entries(members).map(([name, why]) => `${name} ${why}`);
    const what = `${technique ?? 'Parity'} covers ${covered} ${covered === 1 ? 'member' : 'members'}`;
    super('HF_TOO_MANY_DOWN', `${what}, and these fail: ${list.join('; ')}.`, {
      hint: 'Bring back the nodes or drives named, then open the array again.',
    });
    this.members = members;
  }
}

/** Thrown by a put that is not to be stored with slots missing, when a member it needs is down: `HF_DEGRADED`. Nothing was stored. */
export class DegradedError extends HoldfastError {
  override readonly name = 'DegradedError';
  constructor(missing: readonly string[]) {
    super('HF_DEGRADED', `It would be stored without what belongs on ${missing.join(', ')}.`, {
      hint: "Bring that back, use a technique with fewer slots, or store with degraded: 'accept'.",
      retryable: true,
    });
  }
}

/** Thrown by `open` when the members that are missing may hold newer objects than those that are there: `HF_MAYBE_OLD`. */
export class MaybeOldError extends HoldfastError {
  override readonly name = 'MaybeOldError';
  constructor(missing: readonly string[]) {
    super('HF_MAYBE_OLD', `What is missing (${missing.join(', ')}) may have gone on without what is here.`, {
      hint: 'Bring it back, or open with acceptOld: true and lose what it alone stored.',
    });
  }
}

/** Thrown when there is no object of that key: `HF_NO_OBJECT`. */
export class NoObjectError extends HoldfastError {
  override readonly name = 'NoObjectError';
  readonly key: string;
  constructor(key: string) {
    super('HF_NO_OBJECT', `There is no object ${JSON.stringify(key)}.`, {
      hint: 'Check the spelling: list(), or `holdfast ls`, names the objects there are.',
    });
    this.key = key;
  }
}

/** A part of an object that cannot be had: which slots of which group, and why. */
export interface LostGroup {
  readonly group: number;
  /** First byte and length within the object. */
  readonly start: number;
  readonly bytes: number;
  readonly slots: readonly { readonly slot: number; readonly node: string; readonly why: string }[];
}

/** Thrown when more of a group is gone than parity restores: `HF_OBJECT_LOST`. Names exactly what; no bytes are made up. */
export class ObjectLostError extends HoldfastError {
  override readonly name = 'ObjectLostError';
  readonly key: string;
  readonly lost: readonly LostGroup[];
  constructor(key: string, lost: readonly LostGroup[]) {
    const slots = lost.flatMap(({ group, slots: gone }) =>
      gone.map(({ slot, node, why }) => `group ${group} slot ${slot} on ${node} ${why}`),
    );
    super('HF_OBJECT_LOST', `Of object ${JSON.stringify(key)} too much is gone: ${slots.join('; ')}.`, {
      hint: 'Bring back the nodes or drives named, or store the object again.',
    });
    this.key = key;
    this.lost = lost;
  }
}

/** Thrown for a key that no object can have: `HF_BAD_KEY`. */
export class BadKeyError extends HoldfastError {
  override readonly name = 'BadKeyError';
  constructor(problem: string) {
    super('HF_BAD_KEY', `A key ${problem}.`, { hint: 'Use 1 to 1024 bytes of UTF-8 without NUL.' });
  }
}

/** Thrown when the source of a put gives something that cannot be stored: `HF_SOURCE`. Nothing of it is visible. */
export class SourceError extends HoldfastError {
  override readonly name = 'SourceError';
  constructor(problem: string) {
    super('HF_SOURCE', `The source of a put ${problem}.`, { hint: 'Give a Uint8Array or an async iterable of them.' });
  }
}

/** Thrown by requests to a member that is down: `HF_MEMBER_LOST`. The array handles it; callers see it as a cause. */
export class MemberLostError extends HoldfastError {
  override readonly name = 'MemberLostError';
  constructor(node: string, cause?: unknown) {
    super('HF_MEMBER_LOST', `Member ${node} of the array is down.`, {
      hint: 'Open the array again when it is back.',
      node,
      cause,
    });
  }
}

/** Thrown when a block of an object cannot be read where it lies, so that it cannot be overwritten in part: `HF_BLOCK_DAMAGED`. */
export class BlockDamagedError extends HoldfastError {
  override readonly name = 'BlockDamagedError';
  constructor(directory: string, gfid: number, lblk: number) {
    super('HF_BLOCK_DAMAGED', `Block ${lblk} of object ${gfid} is damaged on the drive ${directory}.`, {
      hint: 'Read the block: reading restores it from the rest of its group.',
    });
  }
}

/** Thrown for a range that no object can have: `HF_OBJECT_RANGE`. */
export class ObjectRangeError extends HoldfastError {
  override readonly name = 'ObjectRangeError';
  constructor(offset: number, length: number, bytesMax: number) {
    super('HF_OBJECT_RANGE', `There is no range of ${length} bytes at ${offset}.`, {
      hint: `Use whole numbers of bytes from 0 to ${bytesMax}.`,
    });
  }
}

/** Thrown for options of an object that cannot be: `HF_OBJECT_OPTION`. */
export class ObjectOptionError extends HoldfastError {
  override readonly name = 'ObjectOptionError';
  constructor(problem: string, hint: string) {
    super('HF_OBJECT_OPTION', problem, { hint });
  }
}

/** Thrown when too many writes of single blocks wait at a node: `HF_OBJECT_BUSY`. The refused ones were not begun. */
export class ObjectBusyError extends HoldfastError {
  override readonly name = 'ObjectBusyError';
  constructor(node: string) {
    super('HF_OBJECT_BUSY', `Too many writes wait at ${node}.`, {
      hint: 'Write again when some have ended, with fewer at a time.',
      retryable: true,
      node,
    });
  }
}

/** Thrown for blocks whose node is down, where nobody can stand in: `HF_BLOCK_UNAVAILABLE`. Nothing was written. */
export class BlockUnavailableError extends HoldfastError {
  override readonly name = 'BlockUnavailableError';
  constructor(gfid: string, lblk: number, node: string) {
    super('HF_BLOCK_UNAVAILABLE', `Block ${lblk} of object ${gfid} lies on ${node}, which is down.`, {
      hint: 'Open the array again when it is back.',
      node,
    });
  }
}

/** Thrown when the outcome of a write is not known: `HF_WRITE_UNKNOWN`. Each block named is old or new, never mixed. */
export class WriteUnknownError extends HoldfastError {
  override readonly name = 'WriteUnknownError';
  /** Logical blocks: written as asked, of unknown outcome, and not begun. */
  readonly done: readonly number[];
  readonly unknown: readonly number[];
  readonly notStarted: readonly number[];
  constructor(gfid: string, blocks: Pick<WriteUnknownError, 'done' | 'unknown' | 'notStarted'>, cause: unknown) {
    super(
      'HF_WRITE_UNKNOWN',
      `Of a write to object ${gfid}, ${blocks.done.length} blocks are done, ${blocks.unknown.length} are old or new, and ` +
        `${blocks.notStarted.length} were not begun.`,
      { hint: 'Read the blocks, or write them again: that is safe.', cause },
    );
    this.done = blocks.done;
    this.unknown = blocks.unknown;
    this.notStarted = blocks.notStarted;
  }
}

/** Thrown when another caller has claimed an object since: `HF_CLAIMED`. Nothing was written. */
export class ClaimedError extends HoldfastError {
  override readonly name = 'ClaimedError';
  constructor(gfid: string) {
    super('HF_CLAIMED', `Object ${gfid} was claimed by another caller.`, {
      hint: 'Stop writing it, or claim it again and read what the other one left.',
    });
  }
}

/** Thrown when a key leads to another object already: `HF_NAME_TAKEN`. Nothing was changed. */
export class NameTakenError extends HoldfastError {
  override readonly name = 'NameTakenError';
  /** The object it leads to. */
  readonly gfid: string;
  constructor(key: string, gfid: string) {
    super('HF_NAME_TAKEN', `The name ${JSON.stringify(key)} leads to object ${gfid} already.`, {
      hint: 'Use another name, or say replace: true.',
    });
    this.gfid = gfid;
  }
}

/** Thrown when there is no such name: `HF_NO_NAME`. Nothing was changed. */
export class NameNotFoundError extends HoldfastError {
  override readonly name = 'NameNotFoundError';
  constructor(key: string) {
    super('HF_NO_NAME', `There is no name ${JSON.stringify(key)}.`, { hint: 'names.list() says which there are.' });
  }
}

/** Thrown when there are as many names, or objects to be removed, as can be: `HF_NAMES_FULL`. Nothing was changed. */
export class NamesFullError extends HoldfastError {
  override readonly name = 'NamesFullError';
  constructor(what: string) {
    super('HF_NAMES_FULL', `There are ${what} already.`, {
      hint: 'Unbind some, and call names.sweep() when objects wait to be removed.',
      retryable: true,
    });
  }
}

/** Thrown when too much wants to change or read the names: `HF_NAMES_BUSY`. Nothing was changed. */
export class NamesBusyError extends HoldfastError {
  override readonly name = 'NamesBusyError';
  constructor(problem: string) {
    super('HF_NAMES_BUSY', problem, { hint: 'Try again, from fewer callers at a time.', retryable: true });
  }

  static overtaken(attempts: number): NamesBusyError {
    return new NamesBusyError(`Other writers changed the names ${attempts} times before this one could.`);
  }

  static tooManyWait(waiting: number): NamesBusyError {
    return new NamesBusyError(`${waiting} calls wait for the names in this thread already.`);
  }
}

/** Thrown when the log of names holds what no version of it can: `HF_NAMES_DAMAGED`. No name is made up. */
export class NamesDamagedError extends HoldfastError {
  override readonly name = 'NamesDamagedError';
  constructor(where: string) {
    super('HF_NAMES_DAMAGED', `The log of names is damaged: ${where}.`, {
      hint: 'Objects are not touched, and are opened by their ids. Restore the names from a copy.',
    });
  }
}
