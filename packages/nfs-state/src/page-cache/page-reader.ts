import { FileRefusedError, NoFileError } from '../errors.ts';
import type { FileId } from '../file-port.ts';
import { pagesPerCallMax, readAgainMs } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';
import type { RunMessage } from '../servers/messages.ts';
import type { FileSync } from './file-sync.ts';
import type { Frame } from './frames.ts';
import { orAborted } from './or-aborted.ts';
import type { PageMemory } from './page-memory.ts';
import type { ServerLinks } from './server-links.ts';
import { addRuns } from './write-batch.ts';

/** Where pages go that were read. */
export interface ReadPages {
  hasPage(number: number): boolean;
  keepRead(number: number, frame: Frame): void;
  /** Changes when what is being read must not be kept. */
  readonly reading: number;
}

/** A page that is being read. */
interface Fetch {
  readonly number: number;
  readonly frame: Frame;
  /** The page was in memory meanwhile and is not any more: what is read may be older than what was there. */
  spoiled: boolean;
}

const wholePage = [0, blockBytes];

/** Reads pages of one file: from data servers while there is a layout, else through the metadata server. */
export class PageReader {
  readonly #file: FileId;
  readonly #memory: PageMemory;
  readonly #links: ServerLinks;
  readonly #sync: FileSync;
  readonly #pages: ReadPages;
  readonly #fetches = new Map<number, { readonly fetch: Fetch; readonly done: Promise<void> }>();
  /** A layout under which a data server did not read. */
  #badLayout = 0;
  pagesRead = 0;

  constructor(file: FileId, memory: PageMemory, links: ServerLinks, sync: FileSync, pages: ReadPages) {
    this.#file = file;
    this.#memory = memory;
    this.#links = links;
    this.#sync = sync;
    this.#pages = pages;
  }

  /**
   * Read a page, and up to `count` from it on. When it resolves it is worth looking again, no more.
   * @throws NoFileError, FileRefusedError, the signal's reason
   */
  async fetch(first: number, count: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const underWay = this.#fetches.get(first);
    if (underWay === undefined && this.#begin(first, count) === undefined) {
      await this.#memory.room(signal);
      return;
    }
    await orAborted(this.#fetches.get(first)?.done ?? Promise.resolve(), signal);
  }

  fetchAhead(first: number, count: number): void {
    const end = first + count;
    for (let number = first; number < end; number++) {
      if (this.#fetches.has(number) || this.#pages.hasPage(number)) continue;
      const begun = this.#begin(number, end - number);
      if (begun === undefined) return;
      number += begun - 1;
    }
  }

  /** A page goes out of memory. */
  spoil(number: number): void {
    const underWay = this.#fetches.get(number);
    if (underWay !== undefined) underWay.fetch.spoiled = true;
  }

  /** Pages whose reading was begun; undefined when there is no room for one. */
  #begin(first: number, count: number): number | undefined {
    const fetches: Fetch[] = [];
    const end = first + Math.min(count, pagesPerCallMax);
    for (let number = first; number < end; number++) {
      if (number > first && (this.#fetches.has(number) || this.#pages.hasPage(number))) break;
      const frame = this.#memory.tryTake();
      if (frame === undefined) break;
      fetches.push({ number, frame, spoiled: false });
    }
    if (fetches.length === 0) return undefined;
    const done = this.#read(fetches).finally(() => {
      for (const { number } of fetches) this.#fetches.delete(number);
      this.#memory.wake();
    });
    // Whoever waits for a page hears of it; what is read ahead may fail unheard.
    done.catch(() => undefined);
    for (const fetch of fetches) this.#fetches.set(fetch.number, { fetch, done });
    return fetches.length;
  }

  async #read(fetches: readonly Fetch[]): Promise<void> {
    const { reading } = this.#pages;
    const { frames } = this.#memory;
    for (const { frame } of fetches) frames.pin(frame);
    let refusal: string | undefined;
    try {
      refusal = (await this.#fromDataServers(fetches)) ? undefined : await this.#fromMetadataServer(fetches);
    } catch {
      for (const { frame } of fetches) {
        frames.give(frame);
        frames.abandon(frame);
      }
      await delay(this.#links.lost(0));
      return;
    }
    for (const { frame } of fetches) frames.unpin(frame);
    const isWanted = refusal === undefined && reading === this.#pages.reading;
    for (const { number, frame, spoiled } of fetches) {
      if (isWanted && !spoiled) this.#pages.keepRead(number, frame);
      else frames.give(frame);
    }
    this.pagesRead += fetches.length;
    if (refusal === 'transient') await delay(readAgainMs);
    else if (refusal === 'HF_NO_FILE') throw new NoFileError(this.#file);
    else if (refusal !== undefined) throw new FileRefusedError(this.#file, 'read', refusal);
  }

  /** False when they have to be read another way. */
  async #fromDataServers(fetches: readonly Fetch[]): Promise<boolean> {
    const { layout } = this.#sync;
    if (layout === undefined || layout === this.#badLayout) return false;
    const runs = new Map<number, RunMessage[]>();
    for (const { number, frame } of fetches) {
      const server = this.#sync.dataServerOf(number);
      const ofServer = runs.get(server) ?? [];
      addRuns(ofServer, number, frame, wholePage);
      runs.set(server, ofServer);
    }
    const { client } = this.#links;
    const file = this.#file;
    const asking = [...runs].map(([server, ofServer]) =>
      this.#links.dataServer(server).read({ client, file, layout, runs: ofServer }),
    );
    const answers = await Promise.allSettled(asking);
    const lost = answers.find((answer) => answer.status === 'rejected');
    const isDone = answers.every((answer) => answer.status === 'fulfilled' && answer.value.status === 'done');
    if (!isDone) this.#badLayout = layout;
    if (lost !== undefined) throw lost.reason;
    return isDone;
  }

  /** What speaks against it: `transient`, or the code of an error. */
  async #fromMetadataServer(fetches: readonly Fetch[]): Promise<string | undefined> {
    const runs: RunMessage[] = [];
    for (const { number, frame } of fetches) addRuns(runs, number, frame, wholePage);
    const answer = await this.#links.metadata.read({ file: this.#file, runs });
    this.#links.answered(0);
    if (answer.status === 'refused') return answer.why === 'permanent' ? answer.code : 'transient';
    // Behind the end of the file is nothing but zeros.
    let run = 0;
    let end = runs[0]!.offset + answer.bytes[0]!;
    for (const { number, frame } of fetches) {
      const offset = number * blockBytes;
      while (offset >= runs[run]!.offset + runs[run]!.bytes) {
        run++;
        end = runs[run]!.offset + answer.bytes[run]!;
      }
      if (end < offset + blockBytes) frame.bytes.fill(0, Math.max(0, end - offset));
    }
    return undefined;
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
