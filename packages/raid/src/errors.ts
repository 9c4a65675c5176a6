import { HoldfastError } from '@holdfast/runtime';

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
  constructor(directory: string, cause: unknown) {
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
