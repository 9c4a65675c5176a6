import type { PagePool } from '@holdfast/runtime/service';
import type { FileId } from '../file-port.ts';
import { grantsPerPageMax, layoutsPerDataServerMax } from '../limits.ts';
import { checkRange, contentObject } from '../objects/file-objects.ts';
import { FileTurns } from '../objects/file-turns.ts';
import type { ObjectPort } from '../objects/object-port.ts';
import { withRuns } from './held-runs.ts';
import type { DataDone, DataRead, DataWrite, DataWritten, GrantsPage, LayoutGrant } from './messages.ts';
import { fenced, orRefusal } from './refusals.ts';

/** What clients and the metadata server ask of a data server. */
export interface DataServerPort {
  /** Write under a layout, unstable: until a commit it may be lost, and then the verifier of the commit is another. */
  write(request: DataWrite): Promise<DataWritten>;
  /** Make everything stable that this server took of the file. */
  commit(request: { readonly file: FileId }): Promise<DataWritten>;
  /** Fill the pages of the runs. */
  read(request: DataRead): Promise<DataDone>;
  /** From the metadata server: take writes of this client under this layout from now on. False when there is no room. */
  grant(grant: LayoutGrant): Promise<boolean>;
  /**
   * From the metadata server: take nothing any more of this client under this layout or an older one. Resolves when what
   * was begun under it is over.
   */
  fence(grant: LayoutGrant): Promise<void>;
  /** From a metadata server that begins: whose layouts are known here, from so many on; the last page is not full. */
  grants(from: number): Promise<GrantsPage>;
}

export interface DataServerOptions {
  readonly objects: ObjectPort;
  readonly pages: PagePool;
  /** Different in every life of this server: it is part of the verifier. */
  readonly life: string;
}

/**
 * Writes the content of files for clients that hold a layout. It knows only the layouts granted in this life of it: a
 * server that came back takes nothing under an older one.
 */
export class DataServer implements DataServerPort {
  readonly #objects: ObjectPort;
  readonly #pages: PagePool;
  readonly #life: string;
  readonly #turns = new FileTurns();
  /** The layout of each client of each file. */
  readonly #granted = new Map<FileId, Map<string, number>>();
  #grants = 0;

  constructor({ objects, pages, life }: DataServerOptions) {
    this.#objects = objects;
    this.#pages = pages;
    this.#life = life;
  }

  write({ client, file, layout, runs }: DataWrite): Promise<DataWritten> {
    return orRefusal(() =>
      this.#turns.run(file, 'shared', async () => {
        if (!this.#isGranted(client, file, layout)) return fenced;
        for (const run of runs) checkRange(run.offset, run.bytes);
        const write = () => withRuns(this.#pages, runs, (bytes) => this.#objects.write(contentObject(file), bytes, 1));
        return { status: 'done', verifier: this.#verifier(await write()) };
      }),
    );
  }

  commit({ file }: { readonly file: FileId }): Promise<DataWritten> {
    return orRefusal(() =>
      this.#turns.run(file, 'shared', async () => {
        const verifier = await this.#objects.sync(contentObject(file));
        return { status: 'done', verifier: this.#verifier(verifier) };
      }),
    );
  }

  read({ client, file, layout, runs }: DataRead): Promise<DataDone> {
    return orRefusal(async () => {
      if (!this.#isGranted(client, file, layout)) return fenced;
      return withRuns(this.#pages, runs, async (into) => {
        const reads = into.map(({ offset, bytes }) => this.#objects.read(contentObject(file), offset, bytes));
        return (await Promise.all(reads)).every((found) => found) ? { status: 'done' } : noFile;
      });
    });
  }

  async grant({ client, file, layout }: LayoutGrant): Promise<boolean> {
    const clients = this.#granted.get(file) ?? new Map<string, number>();
    if (!clients.has(client)) {
      if (this.#grants === layoutsPerDataServerMax) return false;
      this.#grants++;
    }
    // A server that stood still may say late what it granted before another one did.
    clients.set(client, Math.max(layout, clients.get(client) ?? 0));
    this.#granted.set(file, clients);
    return true;
  }

  async fence({ client, file, layout }: LayoutGrant): Promise<void> {
    const clients = this.#granted.get(file);
    const granted = clients?.get(client);
    if (clients !== undefined && granted !== undefined && granted <= layout) {
      clients.delete(client);
      this.#grants--;
      if (clients.size === 0) this.#granted.delete(file);
    }
    await this.#settled(file);
  }

  async grants(from: number): Promise<GrantsPage> {
    const known = [...this.#granted].flatMap(([file, clients]) =>
      [...clients.keys()].map((client) => ({ client, file })),
    );
    return known.slice(from, from + grantsPerPageMax);
  }

  /** Everything that was begun on the file is over. */
  #settled(file: FileId): Promise<void> {
    return this.#turns.run(file, 'alone', async () => undefined);
  }

  #isGranted(client: string, file: FileId, layout: number): boolean {
    return this.#granted.get(file)?.get(client) === layout;
  }

  #verifier(ofArray: string): string {
    return `${this.#life}.${ofArray}`;
  }
}

const noFile = { status: 'refused', why: 'permanent', code: 'HF_NO_FILE' } as const;
