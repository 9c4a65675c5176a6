import type { DriveDirectory } from '../drive/drive-files.ts';
import type { DriveRecording, RecordedStep } from './drive-recording.ts';
import { memoryDrive } from './memory-drive.ts';
import { SparseBytes } from './sparse-bytes.ts';

/** What drives write as a whole; a write torn by a power cut leaves some of its sectors. */
export const sectorBytes = 512;

export interface CrashImageOptions {
  /** The same recording and seed give the same images. */
  readonly seed: number;
  readonly images: number;
  /** Only moments from this step on, and up to that one. Default: the whole recording. */
  readonly fromStep?: number;
  readonly toStep?: number;
}

/** What the drives may hold when the power is cut at one moment. */
export interface CrashImage {
  /** The moment, what became of the writes at risk, and the number of the image: enough to speak of it. */
  readonly label: string;
  /** The power is cut before this step of the recording. */
  readonly step: number;
  /** The notes taken before that moment. */
  readonly notes: readonly unknown[];
  /** A drive as it was left, in memory; it may be used and changed until the next image is asked for. */
  drive(name: string): DriveDirectory;
}

/**
 * Cut the power at moments of a recording, in their order. What a completed flush covers is there. Every other write
 * that was begun is lost, kept, or torn at sectors of 512 bytes, each on its own; names that no completed
 * {@link DriveDirectory.sync} covers are there or not.
 */
export function* crashImages(recording: DriveRecording, options: CrashImageOptions): Generator<CrashImage> {
  const random = randomNumbers(options.seed);
  const from = options.fromStep ?? 0;
  const to = options.toStep ?? recording.steps.length;
  const moments = Array.from({ length: options.images }, () => from + random(to + 1 - from)).sort((a, b) => a - b);
  const drives = new DriveHistory(recording);
  for (const [index, moment] of moments.entries()) {
    drives.advance(moment);
    const manner = manners[random(manners.length)]!;
    const files = drives.afterCrash(manner, random);
    const label = `image ${index} of seed ${options.seed}, before step ${moment}, ${manner}`;
    const { notes } = drives;
    yield { label, step: moment, notes, drive: (name) => memoryDrive(name, files.get(name)) };
  }
}

type Random = (below: number) => number;

/** What becomes of the writes at risk: one way for all, or each on its own. */
const manners = [
  'nothing kept',
  'all kept',
  'all torn',
  'a beginning kept',
  'each on its own',
  'each on its own',
] as const;
type Manner = (typeof manners)[number];

interface WriteAtRisk {
  readonly at: number;
  readonly bytes: Uint8Array;
  ended: boolean;
}

interface FileHistory {
  readonly durable: SparseBytes;
  atRisk: WriteAtRisk[];
}

interface NameChange {
  readonly name: string;
  /** The file that has the name from then on; undefined: none. */
  readonly file: number | undefined;
}

interface NameHistory {
  readonly durable: Map<string, number>;
  atRisk: NameChange[];
}

/** What is durable and what is at risk, as the recording goes on. */
class DriveHistory {
  readonly #steps: readonly RecordedStep[];
  readonly #files = new Map<number, FileHistory>();
  readonly #names = new Map<string, NameHistory>();
  /** By the step an operation was begun with: what its success means. */
  readonly #onEnd = new Map<number, () => void>();
  readonly notes: unknown[] = [];
  #at = 0;

  constructor({ steps, found }: DriveRecording) {
    this.#steps = steps;
    for (const [number, { drive, name, content }] of found.entries()) {
      this.#files.set(number, { durable: content.fork(), atRisk: [] });
      this.#namesOf(drive).durable.set(name, number);
    }
  }

  advance(to: number): void {
    for (; this.#at < to; this.#at++) this.#take(this.#steps[this.#at]!, this.#at);
  }

  /** The files of each drive if the power is cut now. */
  afterCrash(manner: Manner, random: Random): Map<string, Map<string, SparseBytes>> {
    const contents = new Map<number, SparseBytes>();
    for (const [number, file] of this.#files) contents.set(number, contentAfterCrash(file, manner, random));
    const drives = new Map<string, Map<string, SparseBytes>>();
    for (const [drive, names] of this.#names) {
      const present = new Map(names.durable);
      const kept = random(names.atRisk.length + 1);
      for (const [index, { name, file }] of names.atRisk.entries()) {
        if (!isKept(manner, index, kept, random)) continue;
        if (file === undefined) present.delete(name);
        else present.set(name, file);
      }
      const files = [...present].map(([name, file]) => [name, contents.get(file)!] as const);
      drives.set(drive, new Map(files));
    }
    return drives;
  }

  #take(step: RecordedStep, at: number): void {
    switch (step.kind) {
      case 'write': {
        const write: WriteAtRisk = { at: step.at, bytes: step.bytes, ended: false };
        this.#files.get(step.file)!.atRisk.push(write);
        this.#onEnd.set(at, () => {
          write.ended = true;
        });
        break;
      }
      case 'flush': {
        const file = this.#files.get(step.file)!;
        const covered = new Set(file.atRisk.filter(({ ended }) => ended));
        this.#onEnd.set(at, () => {
          for (const write of file.atRisk) if (covered.has(write)) file.durable.write(write.bytes, write.at);
          file.atRisk = file.atRisk.filter((write) => !covered.has(write));
        });
        break;
      }
      case 'create':
        this.#files.set(step.file, { durable: new SparseBytes(), atRisk: [] });
        this.#namesOf(step.drive).atRisk.push({ name: step.name, file: step.file });
        break;
      case 'remove':
        this.#namesOf(step.drive).atRisk.push({ name: step.name, file: undefined });
        break;
      case 'rename':
        // Cut off between the two, the file has both names: more than a file system does, and no harm.
        this.#namesOf(step.drive).atRisk.push({ name: step.to, file: step.file }, { name: step.name, file: undefined });
        break;
      case 'sync': {
        const names = this.#namesOf(step.drive);
        const covered = new Set(names.atRisk);
        this.#onEnd.set(at, () => {
          for (const { name, file } of names.atRisk.filter((change) => covered.has(change))) {
            if (file === undefined) names.durable.delete(name);
            else names.durable.set(name, file);
          }
          names.atRisk = names.atRisk.filter((change) => !covered.has(change));
        });
        break;
      }
      case 'end':
        this.#onEnd.get(step.begun)?.();
        this.#onEnd.delete(step.begun);
        break;
      case 'note':
        this.notes.push(step.note);
        break;
    }
  }

  #namesOf(drive: string): NameHistory {
    let names = this.#names.get(drive);
    if (names === undefined) {
      names = { durable: new Map(), atRisk: [] };
      this.#names.set(drive, names);
    }
    return names;
  }
}

function contentAfterCrash({ durable, atRisk }: FileHistory, manner: Manner, random: Random): SparseBytes {
  const content = durable.fork();
  const kept = random(atRisk.length + 1);
  for (const [index, write] of atRisk.entries()) {
    const torn = manner === 'all torn' || (manner === 'a beginning kept' && index === kept);
    if (torn || (manner === 'each on its own' && random(3) === 0)) tear(content, write, random);
    else if (isKept(manner, index, kept, random)) content.write(write.bytes, write.at);
  }
  return content;
}

const isKept = (manner: Manner, index: number, kept: number, random: Random): boolean =>
  manner === 'all kept' ||
  (manner === 'a beginning kept' && index < kept) ||
  (manner === 'each on its own' && random(2) === 0);

/** Some sectors of a write: its beginning, its end, or any. The file may have grown all the same. */
function tear(content: SparseBytes, { at, bytes }: WriteAtRisk, random: Random): void {
  const sectors = Math.ceil(bytes.length / sectorBytes);
  const kind = random(3);
  const cut = random(sectors + 1);
  for (let sector = 0; sector < sectors; sector++) {
    const stays = kind === 0 ? sector < cut : kind === 1 ? sector >= cut : random(2) === 0;
    if (!stays) continue;
    const from = sector * sectorBytes;
    content.write(bytes.subarray(from, Math.min(bytes.length, from + sectorBytes)), at + from);
  }
  if (random(2) === 0) content.extend(at + bytes.length);
}

/** xorshift32: small, and the same everywhere. */
export function randomNumbers(seed: number): Random {
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
