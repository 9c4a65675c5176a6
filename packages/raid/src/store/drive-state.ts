import type { JournalEntry } from '../kernel/journal.ts';
import type { ProxyEntry } from '../kernel/proxy-messages.ts';
import { Catalog } from './catalog.ts';
import { ChecksumTable } from './checksum-table.ts';
import { driveBlockOf } from './journaled-address.ts';
import { JournaledBlocks } from './journaled-blocks.ts';
import { type LogRecord, type RunRecord, recordBytes, runRecordBytes } from './log-record.ts';
import { type Run, RunTable } from './run-table.ts';

/** Blocks side by side in the block file. */
export interface Extent {
  readonly address: number;
  readonly blocks: number;
}

/** What the records of a log add up to: the objects and runs of one drive. Knows nothing of free space. */
export class DriveState {
  readonly catalog = new Catalog();
  readonly checksums = new ChecksumTable();
  readonly journaled = new JournaledBlocks();
  readonly #runs = new Map<number, RunTable>();
  #sequence = 0;
  /** Bytes of the records that are still true: what a rewritten log would hold. */
  #liveBytes = 0;

  get liveBytes(): number {
    return this.#liveBytes + this.journaled.liveBytes;
  }

  /** Bytes that a log written anew has at most, whoever overwrites what is there. */
  get boundBytes(): number {
    return this.#liveBytes + this.journaled.boundBytes;
  }

  get objectsWithRuns(): number {
    return this.#runs.size;
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  run(gfid: number, group: number): Run | undefined {
    return this.#runs.get(gfid)?.get(group);
  }

  /** Take a record in; the blocks it frees, which must not be used again before the record is durable. */
  apply(record: LogRecord): readonly Extent[] {
    switch (record.type) {
      case 'run':
        return this.#applyRun(record);
      case 'object':
        this.#forget(record.gfid);
        this.catalog.put(record);
        this.#liveBytes += recordBytes(record);
        return [];
      case 'forget':
        this.#forget(record.gfid);
        return [];
      case 'drop':
        return [...this.#drop(record.gfid), ...this.#dropJournaled(record.gfid)];
      case 'entry':
        this.#note(record.entry);
        this.journaled.apply(record);
        return [];
      case 'data block':
      case 'parity block':
        this.checksums.setNumber(record.block.address, record.checksum);
        this.journaled.apply(record);
        return [];
      case 'layout':
      case 'claim':
      case 'reserve':
        this.journaled.apply(record);
        return [];
    }
  }

  /** Forget every run that touches these blocks, and say where they lay: only after records were lost. */
  evict({ address, blocks }: Extent): readonly Extent[] {
    const evicted: Extent[] = [];
    for (const [gfid, table] of this.#runs) {
      for (const [group, run] of table.entries()) {
        if (run.address >= address + blocks || address >= run.address + run.blocks) continue;
        table.delete(group);
        this.#liveBytes -= runRecordBytes(run.blocks);
        evicted.push(run);
      }
      if (table.size === 0) this.#runs.delete(gfid);
    }
    return evicted;
  }

  /** Every run, as the record that stores it again. */
  *runRecords(epoch: number): Generator<RunRecord> {
    for (const [gfid, table] of this.#runs) {
      for (const [group, run] of table.entries()) {
        const checksums = this.checksums.get(run.address, run.blocks);
        yield { type: 'run', gfid, group, ...run, epoch, sequence: this.nextSequence(), checksums };
      }
    }
  }

  /** Ids of objects with blocks here, ascending, behind `after`. */
  gfids(after: number, limit: number): readonly number[] {
    return [...new Set([...this.#runs.keys(), ...this.journaled.gfids()])]
      .filter((gfid) => gfid > after)
      .sort((a, b) => a - b)
      .slice(0, limit);
  }

  /** The records of a log that holds only what is true, the last requests of so many clients with each block. */
  *records(epoch: number, clientsMax: number): Generator<LogRecord> {
    yield* this.runRecords(epoch);
    yield* this.catalog.values();
    yield* this.journaled.records((address) => this.checksums.number(address), clientsMax);
  }

  #note(entry: JournalEntry | ProxyEntry): void {
    if (entry.type === 'mj' || entry.type === 'pj') this.checksums.setNumber(entry.newAddress, entry.checksum);
    else if ('address' in entry) this.checksums.setNumber(entry.address, entry.checksum);
  }

  #dropJournaled(gfid: number): Extent[] {
    return this.journaled.drop(gfid).map((address) => ({ address: driveBlockOf(address), blocks: 1 }));
  }

  #applyRun(record: RunRecord): readonly Extent[] {
    let table = this.#runs.get(record.gfid);
    if (table === undefined) {
      table = new RunTable();
      this.#runs.set(record.gfid, table);
    }
    const old = table.get(record.group);
    table.set(record.group, record);
    this.checksums.set(record.address, record.checksums);
    this.#sequence = Math.max(this.#sequence, record.sequence);
    this.#liveBytes += recordBytes(record) - (old === undefined ? 0 : runRecordBytes(old.blocks));
    return old === undefined || old.address === record.address ? [] : [old];
  }

  #forget(gfid: number): void {
    const record = this.catalog.get(gfid);
    if (record === undefined) return;
    this.#liveBytes -= recordBytes(record);
    this.catalog.delete(gfid);
  }

  #drop(gfid: number): readonly Extent[] {
    const table = this.#runs.get(gfid);
    if (table === undefined) return [];
    const freed = [...table.entries()].map(([, run]) => run);
    for (const { blocks } of freed) this.#liveBytes -= runRecordBytes(blocks);
    this.#runs.delete(gfid);
    return freed;
  }
}
