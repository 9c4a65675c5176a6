import { RaidArray } from '../../src/array/raid-array.ts';
import type { CrashImage } from '../../src/crash/crash-images.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { bytesOfWrite, type NotedWrite } from './block-oracle.ts';
import { LocalHost, localPools } from './local-host.ts';
import { members } from './recorded-run.ts';

const blockBytes = 4096;
/** Nothing in memory takes that long: what does waits for ever. */
const stuckMs = 20_000;

type Random = (below: number) => number;

/** Every content that a block ever had, by block: lanes write one after the other, each its own blocks. */
export function historyOf(notes: readonly unknown[]): Map<number, Uint8Array[]> {
  const contents = new Map<number, Uint8Array[]>();
  for (const note of notes) {
    const { verb, write } = note as { verb: string; write: NotedWrite };
    if (verb !== 'begin') continue;
    const bytes = bytesOfWrite(write);
    const first = Math.floor(write.offset / blockBytes);
    const last = Math.floor((write.offset + write.length - 1) / blockBytes);
    for (let block = first; block <= last; block++) {
      const known = contents.get(block) ?? [new Uint8Array(blockBytes)];
      contents.set(block, known);
      const next = known.at(-1)!.slice();
      const from = Math.max(0, write.offset - block * blockBytes);
      const to = Math.min(blockBytes, write.offset + write.length - block * blockBytes);
      next.set(bytes.subarray(block * blockBytes + from - write.offset, block * blockBytes + to - write.offset), from);
      known.push(next);
    }
  }
  return contents;
}

/** What else is done to the drives of an image, beside what flushes left open. */
export type Mutilation = 'nothing' | 'flipped bytes' | 'zeroed sectors' | 'swapped blocks';
export const mutilations: readonly Mutilation[] = ['nothing', 'flipped bytes', 'zeroed sectors', 'swapped blocks'];

/** Damage files of some drives, as many as `drives`. */
export async function mutilate(
  drive: (name: string) => DriveDirectory,
  mutilation: Mutilation,
  drives: number,
  random: Random,
): Promise<void> {
  if (mutilation === 'nothing') return;
  for (let count = 0; count < drives; count++) {
    const directory = drive(`${random(members.length)}`);
    const names = await directory.names();
    const name = names[random(Math.max(1, names.length))];
    if (name === undefined) continue;
    const file = await directory.open(name, { create: false });
    const size = await file.size();
    for (let times = 1 + random(4); times > 0 && size > 0; times--) await damage(file, size, mutilation, random);
    await file.close();
  }
}

async function damage(
  file: Awaited<ReturnType<DriveDirectory['open']>>,
  size: number,
  mutilation: Mutilation,
  random: Random,
): Promise<void> {
  // Most of a block file was never written: what lies at its beginning was.
  const at = random(Math.min(size, 100 * blockBytes));
  const unit = mutilation === 'flipped bytes' ? 1 : mutilation === 'zeroed sectors' ? 512 : blockBytes;
  const start = at - (at % unit);
  const bytes = new Uint8Array(unit);
  await file.read([bytes], start);
  if (mutilation === 'flipped bytes') bytes[0]! ^= 1 + random(255);
  if (mutilation === 'zeroed sectors') bytes.fill(0);
  if (mutilation !== 'swapped blocks') {
    await file.write([bytes], start);
    return;
  }
  const other = random(Math.min(size, 100 * blockBytes));
  const otherStart = other - (other % unit);
  const others = new Uint8Array(unit);
  await file.read([others], otherStart);
  await file.write([others], start);
  await file.write([bytes], otherStart);
}

/** How an image was met. */
export interface Met {
  /** `served`, or the code of the refusal. */
  readonly opening: string;
  /** Blocks that were read, and those refused, by code. */
  readonly blocks: Readonly<Record<string, number>>;
  /** What must not be: wrong bytes, a failure without a code, a wait that does not end. */
  readonly wrong: string | undefined;
}

/** Opens drives whatever they hold, and reads every block. */
export class MutilatedImages {
  #pools = localPools(members);

  async meet(gfid: string, image: Pick<CrashImage, 'notes' | 'drive'>, without: string[]): Promise<Met> {
    const drives = members.map((member) => image.drive(`${member}`));
    const host = new LocalHost('image', members, undefined, {
      pools: this.#pools,
      openDrive: (member) => drives[member]!,
    });
    const blocks: Record<string, number> = {};
    const met = (opening: string, wrong?: string): Met => ({ opening, blocks, wrong });
    const opened = await outcome(RaidArray.openOn(host, { without }));
    if (opened.kind !== 'done') {
      if (opened.kind === 'stuck') this.#pools = localPools(members);
      return met(opened.what, opened.kind === 'coded' ? undefined : `opening: ${opened.what}`);
    }
    const array = opened.value;
    let wrong: string | undefined;
    const object = await outcome(array.objects.open(gfid));
    if (object.kind === 'done') {
      const reads = [...historyOf(image.notes)].map(async ([block, contents]) => {
        const read = await outcome(object.value.read(block * blockBytes, blockBytes));
        const what = read.kind === 'done' ? 'read' : read.what;
        blocks[what] = (blocks[what] ?? 0) + 1;
        if (read.kind === 'stuck' || read.kind === 'uncoded') wrong ??= `block ${block}: ${read.what}`;
        if (read.kind === 'done' && !contents.some((content) => Buffer.compare(content, read.value) === 0))
          wrong ??= `block ${block} holds what nobody ever wrote there`;
      });
      await Promise.all(reads);
    } else if (object.kind !== 'coded') wrong = `object: ${object.what}`;
    const closed = await outcome(array.close());
    if (closed.kind !== 'done' && closed.kind !== 'coded') {
      wrong ??= `closing: ${closed.what}`;
      this.#pools = localPools(members);
    }
    return met(object.kind === 'done' ? 'served' : object.what, wrong);
  }
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'coded' | 'uncoded' | 'stuck'; readonly what: string };

async function outcome<T>(work: Promise<T>): Promise<Outcome<T>> {
  const late = Promise.withResolvers<Outcome<T>>();
  const timer = setTimeout(() => late.resolve({ kind: 'stuck', what: 'waits for ever' }), stuckMs);
  const settled = work.then(
    (value): Outcome<T> => ({ kind: 'done', value }),
    (error: { code?: string }): Outcome<T> =>
      error.code?.startsWith('HF_') === true
        ? { kind: 'coded', what: error.code }
        : { kind: 'uncoded', what: String(error) },
  );
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
