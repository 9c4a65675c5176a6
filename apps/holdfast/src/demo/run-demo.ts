import { SourceError } from '../errors.ts';
import { startPatience } from '../limits.ts';
import type { FileEntry, UnreadableEntry } from '../tree/entry.ts';
import { excluding } from '../tree/exclude.ts';
import { printable } from '../tree/name.ts';
import { objectKey } from '../tree/object-key.ts';
import { type Tree, walkTree } from '../tree/walk.ts';
import type { DemoBed, DemoGround, MendedDrive, RevivedNode } from './bed.ts';
import { checkSource } from './check-source.ts';
import { type FileRecord, recordOf } from './file-record.ts';
import { requireSpace, spaceAt } from './free-space.ts';
import { IndexChapter } from './index-chapter.ts';
import { planKill } from './kill-plan.ts';
import { type Kill, KillSwitch } from './kill-switch.ts';
import { LockChapter } from './lock-chapter.ts';
import { manifestKey, manifestOf } from './manifest.ts';
import type { Narrator } from './narrator.ts';
import { OverwriteChapter } from './overwrite-chapter.ts';
import { digestOf, readBack } from './read-back.ts';
import { type DemoReport, listFiles, type ProcessDeathReport, tally } from './report.ts';
import type { StallWatch } from './stall-watch.ts';
import { Stopwatch } from './stopwatch.ts';
import { storeFiles } from './store-files.ts';
import { summarize, totalsOf } from './tree-summary.ts';

export interface DemoOptions {
  readonly directory: string;
  readonly nodes: number;
  readonly seed: number;
  readonly exclude: readonly string[];
  /** An empty directory for the store. */
  readonly storage: string;
  /** Put a list of all files in the report. */
  readonly listFiles: boolean;
}

/**
 * The demonstration: store a tree, kill a node in the middle, close, open again without the dead node's file, and hold
 * every byte against the source.
 */
export class Demo {
  readonly #options: DemoOptions;
  readonly #ground: DemoGround;
  readonly #narrator: Narrator;
  readonly #watch: StallWatch;
  readonly #signal: AbortSignal;
  readonly #stopwatch = new Stopwatch();
  #bed: Promise<DemoBed> | undefined;

  constructor(options: DemoOptions, ground: DemoGround, narrator: Narrator, watch: StallWatch, signal: AbortSignal) {
    this.#options = options;
    this.#ground = ground;
    this.#narrator = narrator;
    this.#watch = watch;
    this.#signal = signal;
  }

  async run(): Promise<DemoReport> {
    const { storage, nodes, seed } = this.#options;
    const { tree, records, summary, unreadable } = await this.#stopwatch.time('walk', () => this.#walk());
    await this.#checkSpace(records);

    const bed = await this.#open('create');
    const { kill, killedAfterMs, manifestDigest, index, overwrites, lock } = await this.#stopwatch.time('store', () =>
      this.#store(bed, tree, records),
    );
    const { layout } = bed;
    await this.#close();

    await this.#ground.moveDriveAside(storage, kill.node);
    this.#narrator.closed(kill.node);
    const reopened = await this.#open('open');
    this.#narrator.reopened(reopened, kill.node);
    const manifestEqual = await this.#stopwatch.time('readBack', () =>
      this.#readBack(reopened, records, manifestDigest),
    );
    const overwritten = await overwrites.check(await reopened.openLedger?.(overwrites.gfid));
    if (overwritten !== undefined) this.#narrator.overwritten(overwritten, kill.node);
    const revived = await this.#stopwatch.time('revive', () => this.#revive(reopened, kill.node));
    const mended = await this.#stopwatch.time('mend', () => this.#mend(reopened, kill.node));
    await this.#close();
    const processDeath = await this.#stopwatch.time('processDeath', () => this.#dieOverwriting(overwrites));
    await this.#stopwatch.time('checkSource', () => this.#checkSource(tree, records));

    const counts = tally(records, unreadable);
    return {
      directory: printable(tree.root),
      seed,
      nodes,
      layout,
      ...counts,
      directories: summary.directories,
      links: summary.links,
      manifest: manifestEqual ? 'equal' : 'different',
      killedAt: {
        node: kill.node,
        file: kill.file,
        step: kill.step,
        seconds: killedAfterMs / 1000,
        bytes: kill.bytesBefore,
      },
      bytesStoredAfterKill: counts.bytes - kill.bytesBefore,
      ...(index === undefined ? {} : { index }),
      ...(lock === undefined ? {} : { lock }),
      ...(overwritten === undefined ? {} : { overwrites: overwritten }),
      ...(revived === undefined ? {} : { revived }),
      ...(mended === undefined ? {} : { mended }),
      ...(processDeath === undefined ? {} : { processDeath }),
      skipped: summary.skipped,
      seconds: this.#stopwatch.seconds,
      ...(this.#options.listFiles ? { fileList: listFiles(records) } : {}),
    };
  }

  /** Ends whatever still runs, or is being started, without asking its nodes. */
  async abandon(): Promise<void> {
    const bed = await this.#bed;
    this.#bed = undefined;
    await bed?.terminate();
  }

  async #walk() {
    const { directory, exclude, storage } = this.#options;
    this.#watch.now('reading the shape of the tree');
    this.#narrator.doing('looking at the tree');
    const tree = await walkTree(Buffer.from(directory), {
      excludes: excluding(exclude),
      leaveOut: [Buffer.from(storage)],
      signal: this.#signal,
      onProgress: () => this.#watch.beat(),
    });
    this.#narrator.doing('');
    const files = tree.entries.filter((entry): entry is FileEntry => entry.kind === 'file');
    const unreadable = tree.entries.filter((entry): entry is UnreadableEntry => entry.kind === 'unreadable');
    if (files.length === 0) throw SourceError.empty(printable(tree.root), unreadable.length);
    const summary = summarize(tree, files);
    this.#narrator.walked(summary);
    return { tree, summary, unreadable, records: files.map((entry) => recordOf(entry, objectKey(entry.path))) };
  }

  async #checkSpace(records: readonly FileRecord[]): Promise<void> {
    const { storage, nodes } = this.#options;
    const neededBytes = await this.#ground.neededBytes(
      records.map(({ entry }) => entry.stamp.bytes),
      nodes,
    );
    const space = await spaceAt(storage);
    requireSpace(storage, space, neededBytes);
    this.#narrator.space(storage, space, neededBytes);
  }

  async #open(array: 'create' | 'open'): Promise<DemoBed> {
    const { nodes, storage } = this.#options;
    this.#signal.throwIfAborted();
    this.#watch.now(array === 'create' ? 'starting the cluster' : 'opening the store again', startPatience);
    this.#narrator.doing(array === 'create' ? `starting ${nodes} nodes` : `starting ${nodes} nodes, opening the store`);
    this.#bed = this.#ground.open({ nodes, storage, array });
    const opening = this.#bed;
    const bed = await this.#stopwatch.time(array === 'create' ? 'start' : 'reopen', () => opening);
    this.#narrator.doing('');
    if (array === 'create') this.#narrator.started(bed);
    return bed;
  }

  async #close(): Promise<void> {
    this.#watch.now('closing the cluster', startPatience);
    const bed = await this.#bed;
    await bed?.close();
    this.#bed = undefined;
  }

  async #store(bed: DemoBed, tree: Tree, records: readonly FileRecord[]) {
    this.#watch.now('storing files');
    this.#narrator.storing();
    const startedAt = performance.now();
    let killedAfterMs = 0;
    const plan = planKill(records, this.#options.nodes, this.#options.seed, bed.storeBytes);
    const locks = new LockChapter(bed.locks);
    await locks.begin(plan.node);
    this.#watch.beat();
    const killSwitch = new KillSwitch(plan, records.length, bed, (kill) => {
      killedAfterMs = this.#narrator.elapsedMs;
      this.#narrator.killed(kill);
      locks.killed();
    });
    const chapter = new IndexChapter(bed.index);
    await chapter.announce(records);
    const overwrites = new OverwriteChapter(await bed.openLedger?.(), this.#options.seed);
    bed.onOverwriteCaught = {
      hurry: () => overwrites.hurry(),
      killed: (caught) => overwrites.killed(caught),
    };
    await overwrites.begin();
    this.#watch.beat();
    using progress = this.#narrator.progress('storing', totalsOf(records));
    await storeFiles(bed, tree.root, records, {
      signal: this.#signal,
      beforeFile: (record, index) => killSwitch.beforeFile(record, index),
      onBytes: (index, bytes) => {
        this.#watch.beat();
        progress.bytes += bytes;
        killSwitch.onBytes(index, bytes);
      },
      afterFile: async (record, index) => {
        this.#watch.beat();
        progress.files++;
        await chapter.stored(record);
        await killSwitch.afterFile(record, index);
      },
      onFailure: (error) => killSwitch.giveUp(error),
    });
    const manifest = manifestOf(tree.entries, records);
    await bed.put(manifestKey, manifest.chunks());
    await overwrites.finish();
    const kill = killSwitch.kill as Kill;
    progress[Symbol.dispose]();
    const { bytes } = tally(records, []);
    this.#narrator.stored(bytes, performance.now() - startedAt, bytes - kill.bytesBefore);
    this.#watch.now('reading the shared index');
    const index = await chapter.finish(kill.node);
    if (index !== undefined) this.#narrator.indexed(index, kill.node);
    this.#watch.now('asking for the lock');
    const lock = await locks.finish();
    if (lock !== undefined) this.#narrator.locked(lock);
    return { kill, killedAfterMs, manifestDigest: manifest.digest, index, overwrites, lock };
  }

  async #readBack(bed: DemoBed, records: readonly FileRecord[], manifestDigest: string): Promise<boolean> {
    this.#watch.now('reading files back');
    this.#narrator.readingBack();
    const startedAt = performance.now();
    using progress = this.#narrator.progress('reading', totalsOf(records));
    await readBack(bed, records, {
      signal: this.#signal,
      onBytes: (bytes) => {
        this.#watch.beat();
        progress.bytes += bytes;
      },
      onSettled: () => {
        this.#watch.beat();
        progress.files++;
      },
      onLost: (record, error) => this.#narrator.lost(printable(record.entry.path), error),
    });
    progress[Symbol.dispose]();
    this.#narrator.readBack(progress.files, progress.bytes, performance.now() - startedAt);
    return (await digestOf(bed.get(manifestKey))) === manifestDigest;
  }

  /** The dead node comes back with the drive it had when it died. */
  async #revive(bed: DemoBed, node: string): Promise<RevivedNode | undefined> {
    if (bed.revive === undefined) return undefined;
    this.#watch.now('bringing a node back', startPatience);
    this.#narrator.doing(`${node} comes back with its old drive and catches up`);
    await this.#ground.moveDriveBack(this.#options.storage, node);
    const revived = await bed.revive(node);
    this.#narrator.doing('');
    this.#narrator.revived(revived, node);
    return revived;
  }

  async #mend(bed: DemoBed, node: string): Promise<MendedDrive | undefined> {
    this.#watch.now('filling an empty drive', startPatience);
    this.#narrator.doing(`giving ${node} an empty drive, filling and scrubbing it`);
    const mended = await bed.mend?.(node, () => this.#ground.moveDriveAside(this.#options.storage, node));
    this.#narrator.doing('');
    if (mended !== undefined) this.#narrator.mended(mended, node);
    return mended;
  }

  /** Everything is killed at once, from outside; what was answered must be there when it is opened again. */
  async #dieOverwriting(overwrites: OverwriteChapter): Promise<ProcessDeathReport | undefined> {
    const { gfid, oracle } = overwrites;
    if (gfid === undefined || this.#ground.dieOverwriting === undefined) return undefined;
    const { storage, nodes, seed } = this.#options;
    this.#signal.throwIfAborted();
    this.#watch.now('killing another process that serves the store', startPatience);
    this.#narrator.doing('another process opens the store, overwrites, and is killed');
    const answered = await this.#ground.dieOverwriting({ storage, nodes, gfid, seed }, oracle);
    const bed = await this.#open('open');
    const ledger = await bed.openLedger?.(gfid);
    const different = ledger === undefined ? 0 : await oracle.different(ledger);
    this.#narrator.processDied({ answered, different });
    await this.#close();
    return { answered, different };
  }

  async #checkSource(tree: Tree, records: readonly FileRecord[]): Promise<void> {
    this.#watch.now('hashing the source again');
    this.#narrator.checkingSource();
    using progress = this.#narrator.progress('hashing', totalsOf(records));
    await checkSource(tree.root, records, {
      signal: this.#signal,
      onBytes: (bytes) => {
        this.#watch.beat();
        progress.bytes += bytes;
      },
      onSettled: () => {
        this.#watch.beat();
        progress.files++;
      },
    });
  }
}
