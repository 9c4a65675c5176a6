import { filesInFlight, indexFilesMax } from '../limits.ts';
import { inLanes } from '../tree/lanes.ts';
import type { FileRecord } from './file-record.ts';
import type { TreeIndex } from './tree-index.ts';

/** What became of the shared index when a node died. */
export interface IndexReport {
  /** Files in it. */
  readonly entries: number;
  /** Times the node that died wrote one of them: an entry is owned by the node that wrote it last. */
  readonly writtenByDead: number;
  /** The nodes that were left; each read every entry. */
  readonly readBy: readonly string[];
  /** Entries that one of them did not find as they had been written. */
  readonly different: number;
}

/** The chapter of the demo in which the nodes share an index of what is stored. */
export class IndexChapter {
  readonly #index: TreeIndex | undefined;
  readonly #announced = new Set<FileRecord>();
  readonly #noted: FileRecord[] = [];

  /** Without an index the chapter is left out. */
  constructor(index: TreeIndex | undefined) {
    this.#index = index;
  }

  /** Before anything is stored: every node announces its part of the files, and owns those entries. */
  async announce(records: readonly FileRecord[]): Promise<void> {
    const index = this.#index;
    if (index === undefined) return;
    await inLanes(records.slice(0, indexFilesMax), filesInFlight, async (record) => {
      this.#announced.add(record);
      await index.note(record.key, { bytes: record.entry.stamp.bytes, sha256: '' });
    });
  }

  /** A file was stored: its entry says so from now on. */
  async stored(record: FileRecord): Promise<void> {
    const { stored, key } = record;
    if (this.#index === undefined || stored.state !== 'stored' || !this.#announced.has(record)) return;
    this.#noted.push(record);
    await this.#index.note(key, { bytes: stored.bytes, sha256: stored.digest });
  }

  /** Have every node that is left read the whole index. */
  async finish(dead: string): Promise<IndexReport | undefined> {
    if (this.#index === undefined) return undefined;
    const found = await this.#index.findEverywhere(this.#noted.map(({ key }) => key));
    const isEverywhere = ({ key, stored }: FileRecord): boolean =>
      stored.state === 'stored' &&
      [...found.values()].every((files) => {
        const file = files.get(key);
        return file?.bytes === stored.bytes && file.sha256 === stored.digest;
      });
    return {
      entries: this.#noted.length,
      writtenByDead: this.#index.writtenBy(dead),
      readBy: [...found.keys()],
      different: this.#noted.filter((record) => !isEverywhere(record)).length,
    };
  }
}
