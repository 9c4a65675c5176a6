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
