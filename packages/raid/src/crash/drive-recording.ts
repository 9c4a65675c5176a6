import type { DriveDirectory, DriveFile } from '../drive/drive-files.ts';
import { SparseBytes } from './sparse-bytes.ts';

/** One thing that happened to a drive, or a note of whoever uses it. Operations have a begin and, if they succeeded, an end. */
export type RecordedStep =
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'flush'; readonly file: number }
  | { readonly kind: 'create' | 'remove'; readonly drive: string; readonly name: string; readonly file: number }
  | {
      readonly kind: 'rename';
      readonly drive: string;
      readonly name: string;
      readonly to: string;
      readonly file: number;
    }
  | { readonly kind: 'sync'; readonly drive: string }
  /** The operation begun at step `begun` succeeded. */
  | { readonly kind: 'end'; readonly begun: number }
  | { readonly kind: 'note'; readonly note: unknown };

/** A file that was there before the recording began. */
export interface FoundFile {
  readonly drive: string;
  readonly name: string;
  readonly content: SparseBytes;
}

/**
 * Everything that a set of drives was asked to do, in the order in which it happened, with the bytes of every write.
 * What lay on a drive when {@link record} was called counts as durable.
 *
 * @example
 * ```ts
 * const recording = new DriveRecording();
 * const directory = await recording.record('n0', await openDirectory('./n0', { create: true }));
 * // use `directory`; note what was acknowledged:
 * recording.note({ acknowledged: 'key' });
 * for (const image of crashImages(recording, { seed: 1, images: 100 })) image.drive('n0');
 * ```
 */
export class DriveRecording {
  readonly #steps: RecordedStep[] = [];
  /** By file number. */
  readonly #found: FoundFile[] = [];
  #files = 0;

  get steps(): readonly RecordedStep[] {
    return this.#steps;
  }

  /** By file number: the first files are those that were found. */
  get found(): readonly FoundFile[] {
    return this.#found;
  }

  /** Remember something that crash images behind this moment must know, such as an acknowledgement. */
  note(note: unknown): void {
    this.#steps.push({ kind: 'note', note });
  }

  /** The same directory, recorded. All drives must be handed in before the first of them is used. */
  async record(drive: string, directory: DriveDirectory): Promise<DriveDirectory> {
    if (this.#files > this.#found.length) throw new Error('Hand in every drive before one of them is used.');
    const numbers = new Map<string, number>();
    for (const name of await directory.names()) {
      numbers.set(name, this.#files++);
      this.#found.push({ drive, name, content: await contentOf(directory, name) });
    }
    return {
      ...directory,
      open: async (name, options) => {
        const file = await directory.open(name, options);
        let number = numbers.get(name);
        if (number === undefined) {
          number = this.#files++;
          numbers.set(name, number);
          this.#steps.push({ kind: 'create', drive, name, file: number });
        }
        return this.#recorded(file, number);
      },
      rename: async (name, to) => {
        const number = numbers.get(name);
        await directory.rename(name, to);
        if (number === undefined) return;
        numbers.delete(name);
        numbers.set(to, number);
        this.#steps.push({ kind: 'rename', drive, name, to, file: number });
      },
      remove: async (name) => {
        const number = numbers.get(name);
        numbers.delete(name);
        if (number !== undefined) this.#steps.push({ kind: 'remove', drive, name, file: number });
        await directory.remove(name);
      },
      sync: () => this.#span({ kind: 'sync', drive }, () => directory.sync()),
    };
  }

  #recorded(file: DriveFile, number: number): DriveFile {
    return {
      name: file.name,
      size: () => file.size(),
      read: (parts, at) => file.read(parts, at),
      write: (parts, at) =>
        this.#span({ kind: 'write', file: number, at, bytes: joined(parts) }, () => file.write(parts, at)),
      flush: () => this.#span({ kind: 'flush', file: number }, () => file.flush()),
      close: () => file.close(),
    };
  }

  async #span(step: RecordedStep, work: () => Promise<void>): Promise<void> {
    const begun = this.#steps.push(step) - 1;
    await work();
    this.#steps.push({ kind: 'end', begun });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

async function contentOf(directory: DriveDirectory, name: string): Promise<SparseBytes> {
  const content = new SparseBytes();
  const file = await directory.open(name, { create: false });
  try {
    const bytes = new Uint8Array(await file.size());
    content.write(bytes.subarray(0, await file.read([bytes], 0)), 0);
    return content;
  } finally {
    await file.close();
  }
}
