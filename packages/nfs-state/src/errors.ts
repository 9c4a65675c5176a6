import { HoldfastError } from '@holdfast/runtime/service';

/** Thrown when a file is asked for that is not there: `HF_NO_FILE`. */
export class NoFileError extends HoldfastError {
  override readonly name = 'NoFileError';
  constructor(file: string) {
    super('HF_NO_FILE', `There is no file ${JSON.stringify(file)}.`, { hint: 'Create it first.' });
  }
}

/** Thrown when the id of a file, an owner, an offset or a length cannot be used: `HF_BAD_FILE`. Nothing was done. */
export class BadFileError extends HoldfastError {
  override readonly name = 'BadFileError';
  constructor(problem: string, hint: string) {
    super('HF_BAD_FILE', problem, { hint });
  }
}

/** Thrown when the attributes of a file are not what was stored: `HF_FILE_DAMAGED`. Its content was not touched. */
export class FileDamagedError extends HoldfastError {
  override readonly name = 'FileDamagedError';
  constructor(file: string, damage: string) {
    super('HF_FILE_DAMAGED', `The attributes of file ${JSON.stringify(file)} are damaged: ${damage}.`, {
      hint: 'Restore the file from a copy; its content is in the object of the same name.',
    });
  }
}

/** Thrown when too many calls wait for one file: `HF_FILE_BUSY`. The call was not begun. */
export class FileBusyError extends HoldfastError {
  override readonly name = 'FileBusyError';
  constructor(file: string, callsMax: number) {
    super('HF_FILE_BUSY', `${callsMax} calls wait for file ${JSON.stringify(file)}.`, {
      hint: 'The call was not begun: try again when others were answered.',
      retryable: true,
    });
  }
}

/** Thrown when the pages of a request are not its sender's any more: `HF_PAGES_GONE`. Its sender has died or gone on. */
export class PagesGoneError extends HoldfastError {
  override readonly name = 'PagesGoneError';
  constructor() {
    super('HF_PAGES_GONE', 'The pages of a request were given back before it was served.', {
      hint: 'Nobody waits for its answer any more.',
    });
  }
}

/** Thrown when too many calls wait for room in a page cache: `HF_CACHE_FULL`. Nothing was changed. */
export class CacheFullError extends HoldfastError {
  override readonly name = 'CacheFullError';
  constructor(waitersMax: number) {
    super('HF_CACHE_FULL', `${waitersMax} calls wait for room in the page cache.`, {
      hint: 'Wait for writes before making more, or give the cache more pages.',
      retryable: true,
    });
  }
}

/**
 * Thrown by the first fsync, close or unlock after pages could not be written: `HF_WRITE_LOST`. The pages are forgotten,
 * and not reported again.
 */
export class WriteLostError extends HoldfastError {
  override readonly name = 'WriteLostError';
  readonly pages: number;
  /** Codes of the errors that servers gave. */
  readonly codes: readonly string[];
  constructor(file: string, pages: number, codes: readonly string[]) {
    const why = codes.length === 0 ? 'the lock they were written under was lost' : codes.join(', ');
    super('HF_WRITE_LOST', `${pages} pages of file ${JSON.stringify(file)} could not be written: ${why}.`, {
      hint: 'Read the file to see what is there, and write it anew.',
    });
    this.pages = pages;
    this.codes = codes;
  }
}

/** Thrown when a server refuses to read or change a file for good: `HF_FILE_REFUSED`. `reason` is its own error's code. */
export class FileRefusedError extends HoldfastError {
  override readonly name = 'FileRefusedError';
  readonly reason: string;
  constructor(file: string, verb: string, reason: string) {
    super('HF_FILE_REFUSED', `The server did not ${verb} file ${JSON.stringify(file)}: ${reason}.`, {
      hint: 'See what the code says about the array.',
    });
    this.reason = reason;
  }
}

/** Thrown when a file is created that is there already: `HF_FILE_EXISTS`. */
export class FileExistsError extends HoldfastError {
  override readonly name = 'FileExistsError';
  constructor(file: string) {
    super('HF_FILE_EXISTS', `File ${JSON.stringify(file)} exists already.`, { hint: 'Open it, or choose another id.' });
  }
}

/** Thrown when a lock is used that ended with its lease: `HF_LOCK_LOST`. What was written under it is given up. */
export class LockLostError extends HoldfastError {
  override readonly name = 'LockLostError';
  constructor(file: string) {
    super('HF_LOCK_LOST', `A lock on file ${JSON.stringify(file)} ended with the lease of this client.`, {
      hint: 'Take the lock again and read what is there: somebody else may have held it meanwhile.',
    });
  }
}

/** Thrown when the heads' log cannot be what was written: `HF_NFS_LOG_DAMAGED`. Nothing is served from it. */
export class LogDamagedError extends HoldfastError {
  override readonly name = 'LogDamagedError';
  constructor(damage: string) {
    super('HF_NFS_LOG_DAMAGED', `The log of the heads is damaged: ${damage}.`, {
      hint: 'Bring back the drives of the array that are missing; the log is kept twice.',
    });
  }
}

/** Thrown when the heads' log was written by a newer version: `HF_NFS_LOG_NEWER`. Nothing was changed. */
export class LogNewerError extends HoldfastError {
  override readonly name = 'LogNewerError';
  constructor(version: number) {
    super('HF_NFS_LOG_NEWER', `The log of the heads has version ${version}, which this version does not know.`, {
      hint: 'Start the heads with the version of Holdfast that wrote it, or a newer one.',
    });
  }
}

/** Thrown to an appender when another one has claimed the log: `HF_NFS_CLAIM_LOST`. Whether its append counts is unknown. */
export class ClaimLostError extends HoldfastError {
  override readonly name = 'ClaimLostError';
  constructor(epoch: number, claim: number) {
    super('HF_NFS_CLAIM_LOST', `An append of epoch ${epoch} met the claim of epoch ${claim}.`, {
      hint: 'Follow the appender of that epoch.',
    });
  }
}

/** Thrown when one operation changes more than a record of the log holds: `HF_NFS_RECORD_SIZE`. Nothing was changed. */
export class RecordSizeError extends HoldfastError {
  override readonly name = 'RecordSizeError';
  constructor(bytes: number, bytesMax: number) {
    super('HF_NFS_RECORD_SIZE', `A batch of the log has ${bytes} bytes, more than ${bytesMax}.`, {
      hint: 'Split the operation.',
    });
  }
}

/** Thrown when options of the heads cannot be used: `HF_NFS_OPTIONS`. Nothing was started. */
export class NfsOptionsError extends HoldfastError {
  override readonly name = 'NfsOptionsError';
  constructor(problem: string, hint: string) {
    super('HF_NFS_OPTIONS', problem, { hint });
  }
}

/** Thrown when heads could not say something about the state of a client: `HF_NFS_DELAY`. Whether it was done is unknown. */
export class StateDelayedError extends HoldfastError {
  override readonly name = 'StateDelayedError';
  constructor(what: string, status: string) {
    super('HF_NFS_DELAY', `The heads answered ${status} about ${what}.`, {
      hint: 'Ask again: a head may be taking over.',
      retryable: true,
    });
  }
}

/** Thrown by a metadata server while another one serves: `HF_NOT_SERVING`. Nothing was done. */
export class NotServingError extends HoldfastError {
  override readonly name = 'NotServingError';
  constructor(node: string) {
    super('HF_NOT_SERVING', `The metadata server on ${node} does not serve.`, {
      hint: 'Ask the one on another node.',
      retryable: true,
    });
  }
}
