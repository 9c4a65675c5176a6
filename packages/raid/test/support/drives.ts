import type { PagePool } from '@holdfast/runtime';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { openDirectory } from '../../src/drive/node-drive.ts';
import { extentBlocksMin } from '../../src/limits.ts';
import { openParity } from '../../src/parity/parity-kernel.ts';
import type { BlockStore } from '../../src/store/block-store.ts';
import type { DriveIdentity } from '../../src/store/identity.ts';
import type { ObjectRecord } from '../../src/store/log-record.ts';
import { type DriveFindings, formatDrive, openDrive } from '../../src/store/open-drive.ts';
import { memberPools } from './local-pool.ts';

export const identity: DriveIdentity = {
  arrayId: '00112233445566778899aabbccddeeff',
  driveId: 'f0e1d2c3b4a5968778695a4b3c2d1e0f',
  member: 2,
  members: [0, 1, 2, 3],
  data: 3,
  parity: 1,
  unitBlocks: 16,
  extentBlocks: extentBlocksMin,
};

export type Wrap = (directory: DriveDirectory) => DriveDirectory;

/** One drive and the pages it is used through. */
export class TestDrive {
  readonly path: string;
  readonly pool: PagePool;
  readonly #wrap: Wrap;
  #store: BlockStore | undefined;

  constructor(path: string, wrap: Wrap = (directory) => directory, pool?: PagePool) {
    this.path = path;
    this.pool = pool ?? memberPools([identity.member]).get(identity.member)!;
    this.#wrap = wrap;
  }

  get store(): BlockStore {
    if (this.#store === undefined) throw new Error('the drive is not open');
    return this.#store;
  }

  async format(of: DriveIdentity = identity): Promise<BlockStore> {
    this.#store = await formatDrive(await this.#host(), of);
    return this.#store;
  }

  async open(): Promise<DriveFindings> {
    const { store, findings } = await openDrive(await this.#host());
    this.#store = store;
    return findings;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
  }

  async reopen(): Promise<DriveFindings> {
    await this.close();
    return this.open();
  }

  /** Store slot `slot` of group `group`, filled with bytes that follow from the arguments, and make it durable. */
  async put(gfid: number, group: number, slot: number, blocks: number): Promise<void> {
    const page = this.pool.take(blocks);
    try {
      this.pool.bytes(page, blocks).set(content(gfid, group, blocks));
      await this.store.store([{ gfid, group, slot, blocks, page }]);
      await this.store.harden();
    } finally {
      this.pool.give(page, blocks);
    }
  }

  /** What a read of that slot says: its outcome, and whether the bytes are the ones stored. */
  async check(gfid: number, group: number, slot: number, blocks: number): Promise<string> {
    const page = this.pool.take(blocks);
    try {
      const [outcome] = await this.store.fetch([{ gfid, group, slot, blocks, page }]);
      if (outcome !== 'ok') return outcome ?? 'nothing';
      const equal = Buffer.compare(this.pool.bytes(page, blocks), content(gfid, group, blocks)) === 0;
      return equal ? 'ok' : 'wrong bytes';
    } finally {
      this.pool.give(page, blocks);
    }
  }

  async #host() {
    const directory = this.#wrap(await openDirectory(this.path, { create: true }));
    return { directory, pages: this.pool, kernel: openParity(this.pool.memory) };
  }
}

export function content(gfid: number, group: number, blocks: number): Uint8Array {
  const bytes = new Uint8Array(blocks * 4096);
  let state = (gfid * 2654435761 + group * 40503 + 1) | 0;
  const words = new Int32Array(bytes.buffer);
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return bytes;
}

export const object = (gfid: number, key: string, more: Partial<ObjectRecord> = {}): ObjectRecord => ({
  type: 'object',
  gfid,
  key,
  bytes: 10_000,
  geometry: { data: 3, parity: 1, unitBlocks: 16 },
  span: [2, 0, 3, 1],
  absent: [],
  homes: [2, 0],
  epoch: 1,
  storedAtMs: 1_790_000_000_000,
  ...more,
});
