import type { PagePool } from '@holdfast/runtime';
import type { DriveDirectory } from '../drive/drive-files.ts';
import { ArrayExistsError, DriveDamagedError, NoArrayError } from '../errors.ts';
import { noAddress } from '../kernel/journal.ts';
import type { ParityKernel } from '../parity/parity-kernel.ts';
import { BlockFile, blockFileName } from './block-file.ts';
import { BlockSpace } from './block-space.ts';
import { BlockStore } from './block-store.ts';
import { Checksums } from './checksums.ts';
import { DriveHealth } from './drive-health.ts';
import { DriveState } from './drive-state.ts';
import type { DriveIdentity } from './identity.ts';
import { driveBlockOf } from './journaled-address.ts';
import { Log } from './log.ts';
import type { LogRecord } from './log-record.ts';
import { type LogEnd, scanLog } from './log-scan.ts';
import { Space } from './space.ts';
import { logFileName, logNumberOf, SpareLog } from './spare-log.ts';
import { SuperblockFile, superblockFileName } from './superblock-file.ts';

/** What a drive needs of its surroundings. */
export interface DriveHost {
  readonly directory: DriveDirectory;
  readonly pages: PagePool;
  readonly kernel: ParityKernel;
}

/** What was found wrong, and put right where the drive could do so alone. */
export interface DriveFindings {
  /** Superblock slots that were not readable: written anew. */
  readonly damagedSlots: number;
  /**
   * Log batches that were durable once and are not readable now: what they recorded must come from other drives. They
   * are reported at every opening until the drive was counted as live in a view again.
   */
  readonly lostBatches: number;
  /** The drive is new: its member has nothing of what it should have until a view counts it, whatever it did before. */
  readonly empty: boolean;
  /** The last view that its member worked by: everyone in it had recorded it. */
  readonly workedBy: number;
}

const firstLogGeneration = 1;
const noFeatures = { journaledBlocks: false, techniques: false, reserves: false };
/** All that an unfinished creation may leave. */
const leftovers = new Set([
  superblockFileName,
  blockFileName,
  logFileName(firstLogGeneration),
  logFileName(firstLogGeneration + 1),
  'lock',
  'lock-journal',
]);

/**
 * Make a new drive: files preallocated, the superblock last.
 * @throws ArrayExistsError, DriveInUseError, or what the system says
 */
export async function formatDrive(host: DriveHost, identity: DriveIdentity): Promise<BlockStore> {
  const { directory, pages } = host;
  // Before even the lock is put there.
  const foreign = (await directory.names()).some((name) => !leftovers.has(name));
  if (foreign) throw new ArrayExistsError(directory.path);
  return usable(host, async (opened, lock, sums) => {
    if (await isUsed(host, sums)) throw new ArrayExistsError(directory.path);
    await directory.remove(superblockFileName);
    await directory.remove(blockFileName);
    const blocks = opened.adopt(await BlockFile.open(directory, identity.extentBlocks, { create: true }), close);
    const space = new Space();
    space.grow(await blocks.grow());
    const logIdentity = { logGeneration: firstLogGeneration, driveId: identity.driveId };
    const log = opened.adopt(await Log.create(directory, pages, sums, logIdentity), close);
    const spareLog = opened.adopt(await SpareLog.create(directory, firstLogGeneration + 1), close);
    const view = { epoch: 0, live: identity.members };
    const first = { identity, view, workedBy: 0, empty: true, logGeneration: firstLogGeneration, ...noFeatures };
    const superblock = opened.adopt(await SuperblockFile.create(directory, pages, sums, first), close);
    await directory.sync();
    const health = new DriveHealth(directory.path);
    const place = new BlockSpace(blocks, space, health);
    const state = new DriveState();
    return new BlockStore({
      ...host,
      health,
      sums,
      superblock,
      log,
      spareLog,
      blocks,
      state,
      space: place,
      lock,
      lostBatches: 0,
    });
  });
}

/**
 * Open a drive and bring back what its log says.
 * @throws NoArrayError when the directory holds none, NewerFormatError, DriveDamagedError, DriveInUseError, or what the
 *   system says
 */
export async function openDrive(
  host: DriveHost,
): Promise<{ readonly store: BlockStore; readonly findings: DriveFindings }> {
  const { directory, pages } = host;
  if (!(await directory.names()).includes(superblockFileName)) throw new NoArrayError(directory.path);
  return usable(host, async (opened, lock, sums) => {
    if (await isUnfinished(host)) throw new NoArrayError(directory.path);
    const { file: superblock, damagedSlots } = await SuperblockFile.open(directory, pages, sums);
    opened.adopt(superblock, close);
    const { identity, logGeneration, empty, workedBy } = superblock.current;
    const blocks = opened.adopt(await BlockFile.open(directory, identity.extentBlocks, { create: false }), close);
    const { state, space, replay } = replayInto(blocks);
    const { log, end } = await openLog(host, sums, { logGeneration, driveId: identity.driveId }, replay);
    opened.adopt(log, close);
    const spareLog = await findSpare(directory, logGeneration);
    if (spareLog !== undefined) opened.adopt(spareLog, close);
    claimJournaled(state, space);
    const health = new DriveHealth(directory.path);
    const place = new BlockSpace(blocks, space, health);
    const { lostBatches } = end;
    const store = new BlockStore({
      ...host,
      health,
      sums,
      superblock,
      log,
      spareLog,
      blocks,
      state,
      space: place,
      lock,
      lostBatches,
    });
    if (damagedSlots > 0) await store.setView(store.view);
    return { store, findings: { damagedSlots, lostBatches, empty, workedBy } };
  });
}

/** Whether an array was ever on this drive: it enters its first epoch once all its drives are made. */
async function isUsed({ directory, pages }: DriveHost, sums: Checksums): Promise<boolean> {
  if (!(await directory.names()).includes(superblockFileName) || (await isUnfinished({ directory, pages })))
    return false;
  try {
    const { file } = await SuperblockFile.open(directory, pages, sums);
    const { epoch } = file.current.view;
    await file.close();
    return epoch > 0;
  } catch {
    return true;
  }
}

/**
 * Whether the making of this drive was cut off: both superblock slots are written before the first batch of its log is, so
 * that one without its second slot and without a batch was never part of an array.
 */
async function isUnfinished({ directory, pages }: Pick<DriveHost, 'directory' | 'pages'>): Promise<boolean> {
  const names = await directory.names();
  const isMarked = async (name: string, at: number) => {
    if (!names.includes(name)) return false;
    const file = await directory.open(name, { create: false });
    const page = pages.take();
    try {
      const bytes = pages.bytes(page).fill(0);
      await file.read([bytes], at);
      return bytes.some((byte) => byte !== 0);
    } finally {
      pages.give(page);
      await file.close();
    }
  };
  // Beside the first log lies the spare one.
  const hasLaterLog = names.some((name) => (logNumberOf(name) ?? 0) > firstLogGeneration + 1);
  if (hasLaterLog || (await isMarked(logFileName(firstLogGeneration), 0))) return false;
  // The first copy goes to the second slot, the second copy to the first.
  return !(await isMarked(superblockFileName, 0));
}

/** Apply records as they are read, keeping track of the blocks they use. */
function replayInto(blocks: BlockFile) {
  const state = new DriveState();
  const space = new Space();
  space.grow(blocks.blocks);
  const replay = (record: LogRecord) => {
    if (record.type === 'run' && state.run(record.gfid, record.group)?.address !== record.address) {
      // Two runs at one place: the record that freed the older one was lost.
      if (record.address + record.blocks > space.capacity) return;
      if (!space.claim(record.address, record.blocks)) {
        for (const extent of state.evict(record)) space.release(extent.address, extent.blocks);
        space.claim(record.address, record.blocks);
      }
    }
    // The places of journaled blocks are taken when the whole log was read, so that there are none to give back before.
    if (record.type === 'drop') state.journaled.drop(record.gfid);
    for (const { address, blocks: count } of state.apply(record)) space.release(address, count);
  };
  return { state, space, replay };
}

/**
 * Take the places of the journaled blocks, once the log says where they are at last. One that is taken already, or lies
 * beyond the end, had the record lost that moved it: there is no such block here any more.
 */
function claimJournaled({ journaled }: DriveState, space: Space): void {
  for (const { address, forget } of [...journaled.places()]) {
    if (address !== noAddress && !space.claim(driveBlockOf(address), 1)) forget();
  }
}

async function openLog(
  { directory, pages }: DriveHost,
  sums: Checksums,
  identity: { readonly logGeneration: number; readonly driveId: string },
  apply: (record: LogRecord) => void,
): Promise<{ readonly log: Log; readonly end: LogEnd }> {
  const name = logFileName(identity.logGeneration);
  if (!(await directory.names()).includes(name)) {
    throw new DriveDamagedError(directory.path, `${name} is missing`);
  }
  const file = await directory.open(name, { create: false });
  try {
    const end = await scanLog({ file, fileBytes: await file.size(), ...identity }, pages, sums, apply);
    return { log: await Log.resume(file, pages, sums, identity, end), end };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The spare log: of several, which an older version or a crash left, the others are removed. */
async function findSpare(directory: DriveDirectory, logGeneration: number): Promise<SpareLog | undefined> {
  const numbers = (await directory.names()).flatMap((name) => logNumberOf(name) ?? []);
  const [newest, ...others] = numbers.filter((number) => number !== logGeneration).sort((a, b) => b - a);
  for (const number of others) await directory.remove(logFileName(number));
  return newest === undefined ? undefined : SpareLog.find(directory, newest);
}

const close = (part: { close(): Promise<void> }) => part.close();

type Open<T> = (opened: AsyncDisposableStack, lock: Disposable, sums: Checksums) => Promise<T>;

/** Run `open` under the drive's lock; whatever was opened until then is closed again when it fails. */
async function usable<T>(host: DriveHost, open: Open<T>): Promise<T> {
  await using opened = new AsyncDisposableStack();
  const lock = opened.use(host.directory.lock());
  const sums = opened.adopt(new Checksums(host.pages, host.kernel), (adopted) => adopted.close());
  const result = await open(opened, lock, sums);
  opened.move();
  return result;
}
