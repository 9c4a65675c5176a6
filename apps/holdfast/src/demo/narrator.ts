import { showBytes, showMany, showRate } from '../terminal/figures.ts';
import { ProgressBar, type ProgressTotals } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Timeline } from '../terminal/timeline.ts';
import type { DemoBed, MendedDrive, RevivedNode } from './bed.ts';
import type { Space } from './free-space.ts';
import type { IndexReport } from './index-chapter.ts';
import type { Kill } from './kill-switch.ts';
import type { LockReport } from './lock-chapter.ts';
import type { OverwriteReport } from './overwrite-chapter.ts';
import type { ProcessDeathReport } from './report.ts';
import type { TreeSummary } from './tree-summary.ts';

const skipNames: Readonly<Record<string, readonly [string, string]>> = {
  socket: ['socket', 'sockets'],
  fifo: ['FIFO', 'FIFOs'],
  device: ['device', 'devices'],
  'other-file-system': ['mount of another file system', 'mounts of other file systems'],
  store: ["the demo's own store", "the demo's own store"],
  excluded: ['excluded entry', 'excluded entries'],
};

/** Tells a stranger what the demo does while it does it. */
export class Narrator {
  readonly #terminal: Terminal;
  readonly #timeline: Timeline;

  constructor(terminal: Terminal, timeline: Timeline) {
    this.#terminal = terminal;
    this.#timeline = timeline;
  }

  /** Since the zero of the time line. */
  get elapsedMs(): number {
    return this.#timeline.elapsedMs;
  }

  /** Shown until the next line: only where somebody watches. */
  doing(what: string): void {
    this.#terminal.status(what === '' ? '' : `          ${what} …`);
  }

  walked(summary: TreeSummary): void {
    const { files, bytes, directories, links, skipped } = summary;
    this.#timeline.mark(
      `found ${showMany(files, 'file')}, ${showBytes(bytes)}, in ${showMany(directories + 1, 'directory', 'directories')}`,
    );
    if (links > 0) this.#timeline.note(`${showMany(links, 'symbolic link')} recorded with their targets, not followed`);
    const left = Object.entries(skipped).map(([why, count]) => {
      const [one, many] = skipNames[why] ?? [why, why];
      return showMany(count, one, many);
    });
    if (left.length > 0) this.#timeline.note(`left out: ${left.join(', ')}`);
  }

  space(directory: string, space: Space, neededBytes: number): void {
    this.#timeline.mark(
      `room for the store: ${showBytes(neededBytes)} needed, ${showBytes(space.freeBytes)} free in ${directory}`,
    );
    if (space.inMemory) this.#timeline.note('that is a file system in memory; --storage names one on a disk');
  }

  started(bed: DemoBed): void {
    const { data, parity } = bed.layout;
    this.#timeline.mark(
      `${bed.nodes.length} nodes up (${shortList(bed.nodes)}), a thread and a drive file each, joined by ${bed.joinedBy}`,
    );
    this.#timeline.note(`each group of blocks: ${data} with data, ${parity} with parity, on ${data + parity} nodes`);
  }

  storing(): void {
    this.#timeline.mark('storing …');
  }

  progress(label: string, totals: ProgressTotals): ProgressBar {
    return new ProgressBar(this.#terminal, label, totals);
  }

  killed(kill: Kill): void {
    this.#timeline.mark(`✗ ${kill.node} killed while storing ${kill.file}`, 'red');
    this.#timeline.note(kill.step);
    this.#timeline.note('its thread is gone and its memory poisoned; storing goes on without it');
  }

  stored(bytes: number, milliseconds: number, afterKill: number): void {
    this.#timeline.mark(`stored ${showBytes(bytes)} (${showRate(bytes, milliseconds)})`);
    if (bytes > 0) {
      const percent = Math.floor((afterKill * 100) / bytes);
      this.#timeline.note(`${showBytes(afterKill)} of it (${percent} %) after the kill, by the nodes that were left`);
    }
  }

  indexed({ entries, writtenByDead, readBy, different }: IndexReport, dead: string): void {
    if (different > 0) {
      this.#timeline.mark(
        `✗ ${showMany(different, 'entry', 'entries')} of the shared index came back different`,
        'red',
      );
      return;
    }
    const who = `${showMany(readBy.length, 'node')} left`;
    this.#timeline.mark(
      `the ${who} read the index all had shared: ${showMany(entries, 'entry', 'entries')}, none lost`,
    );
    this.#timeline.note(
      `${dead} had written entries ${showMany(writtenByDead, 'time')}; what it owned when it died, another node took over`,
    );
  }

  locked({ grantedBy, servedBy, stillHeld, stillRefused, pauseMs, bytes, differentBytes }: LockReport): void {
    if (!stillHeld || !stillRefused) {
      this.#timeline.mark(
        `✗ the lock that ${grantedBy} had granted ${stillHeld ? 'was granted twice' : 'is lost'}`,
        'red',
      );
      return;
    }
    this.#timeline.mark(`the lock that ${grantedBy} had granted is still held, and another client still refused`);
    this.#timeline.note(
      `${servedBy} serves the same stateid, ${pauseMs} ms after the death was known; nothing was reclaimed`,
    );
    if (differentBytes > 0) {
      this.#timeline.mark(`✗ ${showBytes(differentBytes)} written under the lock did not come back`, 'red');
    } else {
      this.#timeline.note(`${showBytes(bytes)} written under it through a page cache are there, each byte as written`);
    }
  }

  overwritten({ answered, afterKill, caughtBetween, different }: OverwriteReport, dead: string): void {
    if (different > 0) {
      this.#timeline.mark(`✗ ${showMany(different, 'overwritten block')} came back different`, 'red');
      return;
    }
    this.#timeline.mark(
      `every small overwrite that was answered is there: ${showMany(answered, 'overwrite')}, ${afterKill} after the kill`,
    );
    if (caughtBetween > 0) {
      this.#timeline.note(`${dead} died between "delta sent" and "hardened" of one: its block is whole, old or new`);
    }
  }

  revived({ blocksMoved, repairedBytes, isWhole }: RevivedNode, node: string): void {
    if (!isWhole) {
      this.#timeline.mark(`✗ ${node} came back with its old drive, and did not catch up`, 'red');
      return;
    }
    this.#timeline.mark(`${node} came back with the drive it had when it died, and has caught up`);
    this.#timeline.note(
      `${showMany(blocksMoved, 'block')} travelled for what was overwritten; ${showBytes(repairedBytes)} of files it had missed restored`,
    );
  }

  mended({ bytes, objects, repairedSlots, lostGroups }: MendedDrive, node: string): void {
    if (lostGroups > 0) {
      this.#timeline.mark(`✗ ${showMany(lostGroups, 'group')} could not be restored for ${node}`, 'red');
      return;
    }
    this.#timeline.mark(
      `${node} then lost that drive and was given an empty one; ${showBytes(bytes)} on it restored from the others`,
    );
    const found = repairedSlots === 0 ? 'nothing to mend' : `${showMany(repairedSlots, 'slot')} mended`;
    this.#timeline.note(
      `scrub: ${showMany(objects, 'object')} read, blocks against checksums, parity against data; ${found}`,
    );
  }

  processDied({ answered, different }: ProcessDeathReport): void {
    if (different > 0) {
      this.#timeline.mark(`✗ ${showMany(different, 'block')} came back different after the process was killed`, 'red');
      return;
    }
    this.#timeline.mark(
      `✗ the whole process killed with SIGKILL in the middle of overwrites, and started again`,
      'red',
    );
    this.#timeline.note(
      answered === 0
        ? 'it was answered none in time, so that nothing was shown'
        : `all ${showMany(answered, 'overwrite')} that it was answered are there`,
    );
  }

  closed(node: string): void {
    this.#timeline.mark(`cluster closed; the drive file of ${node} moved aside, unread`);
  }

  reopened(bed: DemoBed, dead: string): void {
    this.#timeline.mark(`store opened again from disk, without ${dead}: ${bed.nodes.length - 1} drive files`);
  }

  readingBack(): void {
    this.#timeline.mark('reading every file back, computing from parity what lay on the dead node …');
  }

  lost(path: string, error: unknown): void {
    this.#timeline.mark(`✗ ${path} could not be read back`, 'red');
    this.#timeline.note(error instanceof Error ? error.message : String(error));
  }

  readBack(files: number, bytes: number, milliseconds: number): void {
    this.#timeline.mark(`read back ${showMany(files, 'file')} (${showRate(bytes, milliseconds)})`);
  }

  checkingSource(): void {
    this.#timeline.mark('hashing the source once more, apart …');
  }
}

/** `n0 n1 n2 n3`, or `n0 … n63` where that would not fit a line. */
function shortList(names: readonly string[]): string {
  return names.length <= 8 ? names.join(' ') : `${names[0]} … ${names.at(-1)}`;
}
