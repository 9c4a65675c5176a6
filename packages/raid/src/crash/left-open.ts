import type { PagePool } from '@holdfast/runtime';
import { openDirectory } from '../drive/node-drive.ts';
import type { DataBlock } from '../kernel/data-state.ts';
import type { MjEntry, PjEntry } from '../kernel/journal.ts';
import { entriesPerLife } from '../kernel/raid-rules.ts';
import { blockBytes, logBatchPagesMax } from '../limits.ts';
import { blockPlace } from '../object/stripe.ts';
import { openParity } from '../parity/parity-kernel.ts';
import type { BlockStore } from '../store/block-store.ts';
import { Checksums } from '../store/checksums.ts';
import { addressOf, checksumNumber } from '../store/journaled-address.ts';
import { Log } from '../store/log.ts';
import { scanLog } from '../store/log-scan.ts';
import { openDrive } from '../store/open-drive.ts';
import { logFileName } from '../store/spare-log.ts';
import { SuperblockFile } from '../store/superblock-file.ts';

/** Drives of a closed array, and what a loss of power is to have left on them. */
export interface LeftOpen {
  /** Of the thread that does it; 66 of them are taken at a time. */
  readonly pages: PagePool;
  /** The directory of each member's drive. */
  readonly drives: ReadonlyMap<number, string>;
  /** A mirrored object that is written in ranges, of zeros, which has more blocks than `pairs`. */
  readonly gfid: string;
  /** The first blocks of the object, each with an update of which mj, D1, pj and P1 are durable and no end: row 15. */
  readonly pairs: number;
  /** How long each log is made, by updates of the other blocks that ended. */
  readonly logBytes: number;
}

const client = 7;
/** Beyond the entries that the life before wrote. */
const firstEntry = 1_000_000_000;

/** Leave updates open, and logs long, on the drives of an array that is closed. */
export async function leaveOpen(options: LeftOpen): Promise<void> {
  const stores = new Map<number, BlockStore>();
  for (const [member, path] of options.drives) stores.set(member, await storeAt(options.pages, path));
  const checksum = checksumOfZeros(options.pages);
  const history = await leavePairs(stores, options, checksum);
  for (const store of stores.values()) await store.close();
  for (const [member, path] of options.drives) {
    const past = history.get(member);
    if (past !== undefined) await lengthenLog(options, path, past);
  }
}

async function storeAt(pages: PagePool, path: string): Promise<BlockStore> {
  const directory = await openDirectory(path, { create: false });
  return (await openDrive({ directory, pages, kernel: openParity(pages.memory) })).store;
}

function checksumOfZeros(pages: PagePool): number {
  const page = pages.take();
  pages.bytes(page).fill(0);
  const sums = new Checksums(pages, openParity(pages.memory));
  const [low = 0, high = 0] = sums.ofPages(page, 1);
  sums.close();
  pages.give(page);
  return checksumNumber(low, high);
}

/** An update that ended again and again, by the number of its entry, and left its block as it was. */
type PastUpdate = (id: number) => MjEntry;

async function leavePairs(
  stores: ReadonlyMap<number, BlockStore>,
  { pages, gfid: printed, pairs }: LeftOpen,
  checksum: number,
): Promise<ReadonlyMap<number, PastUpdate>> {
  const found = [...stores.values()].flatMap((store) => store.versions(`\0${printed}`));
  const { gfid, geometry, span } = found[0]!;
  const next = new Map([...stores].map(([member, { view }]) => [member, view.epoch * entriesPerLife + firstEntry]));
  const idAt = (member: number): number => {
    const id = next.get(member)!;
    next.set(member, id + 1);
    return id;
  };
  const zeros = pages.take();
  pages.bytes(zeros).fill(0);
  const pending: Promise<unknown>[] = [];
  for (let lblk = 0; lblk < pairs; lblk++) {
    const { group, slot, data, parities } = blockPlace(geometry, span, lblk);
    const parity = parities[0]!;
    const [from, to] = [stores.get(data)!, stores.get(parity)!];
    const before = from.journaled.data(gfid, lblk)!;
    const [newData, newParity] = [(await from.takeBlocks(1))[0]!, (await to.takeBlocks(1))[0]!];
    const mj: MjEntry = {
      ...{ type: 'mj', mj: idAt(data), gfid, lblk, group, slot, checksum, parity },
      ...{ newAddress: addressOf(newData), oldAddress: before.address, seq: before.seq + 1 },
      ...{ writeStart: 0, writeBytes: blockBytes, client, request: lblk + 1 },
    };
    const pj: PjEntry = {
      ...{ type: 'pj', pj: idAt(parity), from: data, mj, checksum },
      ...{ newAddress: addressOf(newParity), oldAddress: to.journaled.parity(gfid, group)!.address },
    };
    pending.push(
      from.journal({ type: 'entry', gfid, entry: mj }, 0),
      to.journal({ type: 'entry', gfid, entry: pj }, 0),
      from.hardenBlock(newData, zeros),
      to.hardenBlock(newParity, zeros),
    );
  }
  await Promise.all(pending);
  pages.give(zeros);
  const past = (member: number, { lblk, address, seq }: DataBlock): PastUpdate => {
    const { group, slot, parities } = blockPlace(geometry, span, lblk);
    const first = idAt(member);
    const written = { writeStart: 0, writeBytes: blockBytes, client, request: 1, parity: parities[0]! };
    const block = { gfid, lblk, group, slot, newAddress: address, oldAddress: address, seq, checksum };
    return (id) => ({ type: 'mj', mj: first + id, ...block, ...written });
  };
  return new Map(
    [...stores].flatMap(([member, store]) => {
      const other = [...store.journaled.dataBlocks(gfid)].find(({ lblk }) => lblk >= pairs);
      return other === undefined ? [] : [[member, past(member, other)] as const];
    }),
  );
}

/** Past the store, which would write a log of so much history anew. */
async function lengthenLog({ pages, logBytes }: LeftOpen, path: string, past: PastUpdate): Promise<void> {
  const directory = await openDirectory(path, { create: false });
  const sums = new Checksums(pages, openParity(pages.memory));
  const { file: superblock } = await SuperblockFile.open(directory, pages, sums);
  const { identity, logGeneration } = superblock.current;
  await superblock.close();
  const file = await directory.open(logFileName(logGeneration), { create: false });
  const source = { file, fileBytes: await file.size(), logGeneration, driveId: identity.driveId };
  const end = await scanLog(source, pages, sums, () => undefined);
  const log = await Log.resume(file, pages, sums, { logGeneration, driveId: identity.driveId }, end);
  for (let id = 0; log.bytes < logBytes; ) {
    // As much as one batch takes.
    while (!log.hasRoom(logBatchPagesMax * blockBytes, 0)) await log.grow();
    for (let updates = 0; updates < updatesPerBatch; updates++, id++) {
      const mj = past(id);
      log.append({ type: 'entry', gfid: mj.gfid, entry: mj });
      log.append({ type: 'entry', gfid: 0, entry: { type: 'mj_complete', id: mj.mj } });
    }
    await log.flush();
  }
  await log.close();
  sums.close();
}

const updatesPerBatch = 2000;
