import { HoldfastError, type HoldfastErrorInit } from '@holdfast/runtime/errors';

/** Thrown when the arguments of a verb make no sense together: `HF_USAGE`. Nothing was started. */
export class UsageError extends HoldfastError {
  override readonly name = 'UsageError';
  constructor(problem: string, hint: string) {
    super('HF_USAGE', problem, { hint });
  }
}

/** Thrown when the directory to be read cannot be used: `HF_SOURCE`. Nothing was stored. */
export class SourceError extends HoldfastError {
  override readonly name = 'SourceError';

  constructor(problem: string, init: HoldfastErrorInit) {
    super('HF_SOURCE', problem, init);
  }

  static notADirectory(path: string): SourceError {
    return new SourceError(`${path} is not a directory.`, { hint: 'Name a directory that holds files.' });
  }

  static empty(path: string, unreadableEntries: number): SourceError {
    const but = unreadableEntries > 0 ? `; ${unreadableEntries} of its entries cannot be read` : '';
    return new SourceError(`${path} holds no file to store${but}.`, {
      hint: 'Name a directory with at least one readable file.',
    });
  }

  static storageUnusable(path: string, errno: string, cause: unknown): SourceError {
    return new SourceError(`No store can be made in ${path} (${errno}).`, {
      hint: 'Name a directory that exists and may be written with --storage.',
      cause,
    });
  }

  static tooManyEntries(path: string, entriesMax: number): SourceError {
    return new SourceError(`${path} holds more than ${entriesMax} entries.`, {
      hint: 'Name a smaller directory, or leave parts out with --exclude.',
    });
  }

  static fromSystem(path: string, cause: unknown): SourceError {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return new SourceError(`${path} does not exist.`, { hint: 'Check the spelling.', cause });
    if (code === 'ENOTDIR') return SourceError.notADirectory(path);
    if (code === 'EACCES' || code === 'EPERM') {
      return new SourceError(`${path} may not be read by this user.`, {
        hint: 'Change its permissions, or run as a user who may read it.',
        cause,
      });
    }
    return new SourceError(`${path} cannot be read (${String(code ?? cause)}).`, {
      hint: 'Look at the cause; the disk or the mount may be at fault.',
      cause,
    });
  }
}

/** Thrown when the store would not fit: `HF_NO_SPACE`. Nothing was written. */
export class NoSpaceError extends HoldfastError {
  override readonly name = 'NoSpaceError';
  constructor(directory: string, neededBytes: number, freeBytes: number, shown: (bytes: number) => string) {
    super('HF_NO_SPACE', `${directory} has ${shown(freeBytes)} free and the store needs ${shown(neededBytes)}.`, {
      hint: 'Free some space, put the store elsewhere with --storage, or leave parts out with --exclude.',
    });
  }
}

/** Thrown when nothing moved for too long: `HF_STALLED`. A disk or a network mount hangs. */
export class StalledError extends HoldfastError {
  override readonly name = 'StalledError';
  constructor(doing: string, stallMs: number) {
    super('HF_STALLED', `No byte moved for ${Math.round(stallMs / 1000)} s while ${doing}.`, {
      hint: 'A disk or a network mount hangs; look at the kernel log, or name another place with --storage.',
      retryable: true,
    });
  }
}

/** Thrown when the user asked to stop: `HF_INTERRUPTED`. */
export class InterruptedError extends HoldfastError {
  override readonly name = 'InterruptedError';
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super('HF_INTERRUPTED', `Stopped by ${signal}.`, { hint: 'What this run had written was removed.' });
    this.signal = signal;
  }
}

/** Thrown when the control socket of a storage directory cannot be made or reached: `HF_CONTROL`. */
export class ControlSocketError extends HoldfastError {
  override readonly name = 'ControlSocketError';

  constructor(problem: string, init: HoldfastErrorInit) {
    super('HF_CONTROL', problem, init);
  }

  static alreadyServed(storage: string, cause: unknown): ControlSocketError {
    return new ControlSocketError(`Another process serves ${storage} already.`, {
      hint: 'Ask it with "holdfast status", or stop it first.',
      cause,
    });
  }

  static notServed(storage: string, cause: unknown): ControlSocketError {
    return new ControlSocketError(`Nobody serves ${storage}.`, { hint: 'Start it with "holdfast up".', cause });
  }

  static forbidden(path: string, cause: unknown): ControlSocketError {
    return new ControlSocketError(`${path} may not be used by this user.`, {
      hint: 'Run as the user who runs "holdfast up".',
      cause,
    });
  }

  static pathTooLong(path: string, bytesMax: number): ControlSocketError {
    return new ControlSocketError(`The path ${path} is longer than the ${bytesMax} bytes of a socket address.`, {
      hint: 'Serve a directory with a shorter path.',
    });
  }
}

/** Thrown when the other end of a control socket does not keep to the protocol: `HF_PROTOCOL`. */
export class ControlProtocolError extends HoldfastError {
  override readonly name = 'ControlProtocolError';

  constructor(problem: string, hint: string, cause?: unknown) {
    super('HF_PROTOCOL', problem, { hint, cause });
  }

  static lineTooLong(lineBytesMax: number): ControlProtocolError {
    return new ControlProtocolError(`A line is longer than ${lineBytesMax} bytes.`, 'Send shorter lines.');
  }

  static unreadable(cause: unknown): ControlProtocolError {
    const what = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    return new ControlProtocolError(
      `That is no request: ${what}`,
      'Use the holdfast command of the same version.',
      cause,
    );
  }

  static hungUp(): ControlProtocolError {
    return new ControlProtocolError('The other end hung up.', 'Ask again; if it was stopped, start it.');
  }

  static silent(timeoutMs: number): ControlProtocolError {
    return new ControlProtocolError(
      `The other end was silent for ${timeoutMs} ms.`,
      'It may be stuck: look at its output.',
    );
  }
}

/** An error that the serving process answered, under its own code. */
export class RemoteError extends HoldfastError {
  override readonly name = 'RemoteError';
  constructor(code: string, message: string, hint: string) {
    // The message of a Holdfast error ends with its hint: it must not be said twice.
    super(code, message.endsWith(hint) ? message.slice(0, -hint.length).trimEnd() : message, { hint });
  }
}

/** Thrown when the settings beside a store cannot be understood: `HF_STORE_SETTINGS`. Nothing was opened. */
export class StoreSettingsError extends HoldfastError {
  override readonly name = 'StoreSettingsError';
  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    super('HF_STORE_SETTINGS', `${path} cannot be understood (${why}).`, {
      hint: 'Put back the file as "holdfast up" wrote it, or serve another directory.',
      cause,
    });
  }
}

/** Thrown by a served store that is not ready: `HF_BUSY`. */
export class StoreBusyError extends HoldfastError {
  override readonly name = 'StoreBusyError';
  constructor(storage: string, state: string) {
    super('HF_BUSY', `The store in ${storage} is ${state}.`, { hint: 'Ask again in a moment.', retryable: true });
  }
}

/** Thrown when the cluster of a served store ended by itself: `HF_SERVE_ENDED`. */
export class ServeEndedError extends HoldfastError {
  override readonly name = 'ServeEndedError';
  constructor(storage: string) {
    super('HF_SERVE_ENDED', `The cluster that serves ${storage} ended.`, {
      hint: 'What was acknowledged is on disk; start it again.',
    });
  }
}
