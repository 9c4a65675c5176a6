import { HoldfastError } from '@holdfast/runtime/service';
import { isSystemError } from '../drive/node-drive.ts';
import { DriveStoppedError, NoSpaceError } from '../errors.ts';

/** Whether a drive still runs. It stops once, for good. */
export class DriveHealth {
  readonly #path: string;
  readonly #stopped = Promise.withResolvers<DriveStoppedError>();
  #failure: DriveStoppedError | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  get failure(): DriveStoppedError | undefined {
    return this.#failure;
  }

  /** Resolves when the drive stops, with why. */
  get stopped(): Promise<DriveStoppedError> {
    return this.#stopped.promise;
  }

  /** @throws DriveStoppedError */
  assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The error of a drive that has no place left. */
  full(cause?: unknown): NoSpaceError {
    return new NoSpaceError(this.#path, cause);
  }

  /** Do something that must not fail: any failure stops the drive. */
  async critical<T>(work: () => Promise<T>): Promise<T> {
    this.assertRunning();
    try {
      return await work();
    } catch (error) {
      throw this.stop(error);
    }
  }

  /** Do something that may find the disk full, which leaves the drive as it was: any other failure stops it. */
  async mayBeFull<T>(work: () => Promise<T>): Promise<T> {
    this.assertRunning();
    try {
      return await work();
    } catch (error) {
      throw isFull(error) ? this.full(error) : this.stop(error);
    }
  }

  /** Do something that was promised not to find the disk full: any failure stops the drive. */
  async promised<T>(work: () => Promise<T>): Promise<T> {
    this.assertRunning();
    try {
      return await work();
    } catch (error) {
      throw this.stop(
        error instanceof NoSpaceError ? new Error('no room for what was begun', { cause: error }) : error,
      );
    }
  }

  /** Do something that can as well be done later; undefined when there is no room for it now. */
  async whenRoom<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isFull(error) || (error instanceof HoldfastError && error.retryable)) return undefined;
      throw this.stop(error);
    }
  }

  /** The error to throw. Errors that say the drive is full, or stopped, already are what they are. */
  stop(error: unknown): Error {
    if (error instanceof NoSpaceError || error instanceof DriveStoppedError) return error;
    this.#failure ??= new DriveStoppedError(this.#path, error);
    this.#stopped.resolve(this.#failure);
    return this.#failure;
  }
}

const isFull = (error: unknown) => isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
