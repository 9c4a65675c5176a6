import type { DriveDirectory, DriveFile } from '../drive/drive-files.ts';
import { blockBytes, logExtentBytes } from '../limits.ts';
import { preallocate } from './preallocate.ts';

export const logFileName = (logGeneration: number) => `log-${logGeneration}`;

/** The number of the log file of that name; undefined when it is none. */
export function logNumberOf(name: string): number | undefined {
  const digits = /^log-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The second log file of a drive, written with zeros or with an older log before: into it the log is written anew without
 * asking the file system for space. What it holds counts for nothing, since it names another number.
 */
export class SpareLog {
  readonly file: DriveFile;
  #logGeneration: number;
  #bytes: number;
  #growing: Promise<void> | undefined;

  constructor(file: DriveFile, logGeneration: number, bytes: number) {
    this.file = file;
    this.#logGeneration = logGeneration;
    this.#bytes = bytes;
  }

  static async create(directory: DriveDirectory, logGeneration: number): Promise<SpareLog> {
    const name = logFileName(logGeneration);
    await directory.remove(name);
    const file = await directory.open(name, { create: true });
    const spare = new SpareLog(file, logGeneration, 0);
    try {
      await spare.grow();
      await directory.sync();
    } catch (error) {
      await file.close();
      await directory.remove(name);
      throw error;
    }
    return spare;
  }

  /** The file that an opening finds beside the log. */
  static async find(directory: DriveDirectory, logGeneration: number): Promise<SpareLog> {
    const file = await directory.open(logFileName(logGeneration), { create: false });
    const size = await file.size();
    return new SpareLog(file, logGeneration, size - (size % blockBytes));
  }

  get bytes(): number {
    return this.#bytes;
  }

  get logGeneration(): number {
    return this.#logGeneration;
  }

  /** Add an extent of durable zeros, once for all who ask. @throws the system's error when the file cannot grow. */
  async grow(): Promise<void> {
    const from = this.#bytes;
    this.#growing ??= preallocate(this.file, from, logExtentBytes)
      .then(() => {
        this.#bytes = from + logExtentBytes;
      })
      .finally(() => {
        this.#growing = undefined;
      });
    await this.#growing;
  }

  /** Have the number of a log that was never begun: what an attempt cut off left in it counts for nothing then. */
  async renumber(directory: DriveDirectory, logGeneration: number): Promise<void> {
    await this.#growing;
    await directory.rename(logFileName(this.#logGeneration), logFileName(logGeneration));
    this.#logGeneration = logGeneration;
    await directory.sync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
