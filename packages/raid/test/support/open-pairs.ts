import type { PagePool } from '@holdfast/runtime';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { openDirectory } from '../../src/drive/node-drive.ts';
import type { DataBlock } from '../../src/kernel/data-state.ts';
import type { MjEntry } from '../../src/kernel/journal.ts';
import { entriesPerLife } from '../../src/kernel/raid-rules.ts';
import { blockBytes } from '../../src/limits.ts';
import { blockPlace } from '../../src/object/stripe.ts';
import { openParity } from '../../src/parity/parity-kernel.ts';
import type { BlockStore } from '../../src/store/block-store.ts';
import { Checksums } from '../../src/store/checksums.ts';
import { addressOf, checksumNumber } from '../../src/store/journaled-address.ts';
import { openDrive } from '../../src/store/open-drive.ts';

/** How much of a drive's files was read. */
export interface ReadBytes {
  log: number;
  blocks: number;
}

/** A drive that counts what is read of it. */
export function counting(directory: DriveDirectory, read: ReadBytes): DriveDirectory {
  return {
    ...directory,
    async open(name, options) {
      const file = await directory.open(name, options);
      return {
        name,
        size: () => file.size(),
        async read(parts, at) {
          const bytes = await file.read(parts, at);
          if (name.startsWith('log-')) read.log += bytes;
          if (name === 'blocks') read.blocks += bytes;
          return bytes;
        },
        write: (parts, at) => file.write(parts, at),
        flush: () => file.flush(),
        close: () => file.close(),
      };
    },
  };
}

/**
 * Leave a mirrored object of zeros, on drives of an array that is closed, as a loss of power could have left it: the
 * first `pairs` of its blocks each with an update of which mj, D1, pj and P1 are durable, and no end (row 15). The logs are made
 * so long, by updates of its other blocks that ended, as `logBytes` says: less than what a log is written anew at.
 */
export async function leaveOpen(
  pools: ReadonlyMap<number, PagePool>,
  drive: (member: number) => string,
  options: {
    readonly members: readonly number[];
    readonly gfid: string;
    readonly pairs: number;
    readonly logBytes: number;
  },
): Promise<void> {
  const stores = new Map<number, BlockStore>();
  let checksum = 0;
  for (const member of options.members) {
    const pages = pools.get(member)!;
    const kernel = openParity(pages.memory);
    const directory = await openDirectory(drive(member), { create: false });
    stores.set(member, (await openDrive({ directory, pages, kernel })).store);
    const page = pages.take();
    pages.bytes(page).fill(0);
    const sums = new Checksums(pages, kernel);
    const [low = 0, high = 0] = sums.ofPages(page, 1);
    checksum = checksumNumber(low, high);
    sums.close();
    pages.give(page);
  }
  const key = `\0${options.gfid}`;
  const { gfid, geometry, span } = [...stores.values()].flatMap((store) => store.versions(key))[0]!;
  const nextId = new Map(
    [...stores].map(([member, store]) => [member, store.view.epoch * entriesPerLife + 1_000_000_000] as const),
  );
  const idAt = (member: number): number => {
    const id = nextId.get(member)!;
    nextId.set(member, id + 1);
    return id;
  };
  const pending: Promise<unknown>[] = [];
  for (let lblk = 0; lblk < options.pairs; lblk++) {
    const { group, slot, data, parities } = blockPlace(geometry, span, lblk);
    const parity = parities[0]!;
    const [from, to] = [stores.get(data)!, stores.get(parity)!];
    const before = from.journaled.data(gfid, lblk)!;
    const [newData] = await from.takeBlocks(1);
    const [newParity] = await to.takeBlocks(1);
    const mj: MjEntry = {
      type: 'mj',
      mj: idAt(data),
      gfid,
      lblk,
      group,
      slot,
      newAddress: addressOf(newData!),
      oldAddress: before.address,
      seq: before.seq + 1,
      checksum,
      writeStart: 0,
      writeBytes: blockBytes,
      client: 7,
      request: lblk + 1,
      parity,
    };
    const oldAddress = to.journaled.parity(gfid, group)!.address;
    const pj = {
      type: 'pj',
      pj: idAt(parity),
      newAddress: addressOf(newParity!),
      oldAddress,
      checksum,
      from: data,
      mj,
    } as const;
    pending.push(
      from.journal({ type: 'entry', gfid, entry: mj }, 0),
      to.journal({ type: 'entry', gfid, entry: pj }, 0),
    );
    await fill(from, newData!);
    await fill(to, newParity!);
  }
  await Promise.all(pending);
  for (const [member, store] of stores) {
    const blocks = [...store.journaled.dataBlocks(gfid)].filter(({ lblk }) => lblk >= options.pairs);
    for (let at = store.use.logBytes; blocks.length > 0 && at < options.logBytes; at = store.use.logBytes) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => past(member, store, blocks[index % blocks.length]!)));
    }
  }
  for (const store of stores.values()) await store.close();

  /** An update that ended, and left its block as it was. */
  async function past(member: number, store: BlockStore, { lblk, address, seq }: DataBlock): Promise<void> {
    const { group, slot, parities } = blockPlace(geometry, span, lblk);
    const parity = parities[0]!;
    const ends = { newAddress: address, oldAddress: address, seq, checksum, client: 7, request: 1, parity };
    const id = idAt(member);
    const mj = { type: 'mj', mj: id, gfid, lblk, group, slot, writeStart: 0, writeBytes: blockBytes, ...ends } as const;
    await Promise.all([
      store.journal({ type: 'entry', gfid, entry: mj }, 0),
      store.journal({ type: 'entry', gfid: 0, entry: { type: 'mj_complete', id } }, 0),
    ]);
  }

  async function fill(store: BlockStore, place: number): Promise<void> {
    const pages = [...stores].find(([, each]) => each === store)![0];
    const pool = pools.get(pages)!;
    const page = pool.take();
    pool.bytes(page).fill(0);
    pending.push(store.hardenBlock(place, page).finally(() => pool.give(page)));
  }
}
