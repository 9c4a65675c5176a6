import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import { NoSpaceError } from '../errors.ts';
import { type AddressPool, giveAddress } from '../kernel/address-pool.ts';
import { type Address, noAddress } from '../kernel/journal.ts';
import { addressesAhead, spacePollMs } from '../limits.ts';
import type { PlaceHolder } from '../store/block-space.ts';
import type { BlockStore } from '../store/block-store.ts';
import { addressOf, driveBlockOf } from '../store/journaled-address.ts';
import type { JournalStorage } from './journal-storage.ts';

/**
 * Addresses for a role, out of the one free map of the drive: some ahead of need, so that a kernel finds one at once,
 * and what it has too many of goes back.
 */
export class AddressSupply implements PlaceHolder {
  readonly #store: BlockStore;
  readonly #storage: JournalStorage;
  readonly #pool: () => AddressPool;
  readonly #needed: () => number;
  readonly #left: number;
  #taking: Promise<void> | undefined;

  /**
   * @param needed how many of the pool are spoken for
   * @param left addresses that are left to others when there are no more
   */
  constructor(
    store: BlockStore,
    storage: JournalStorage,
    { pool, needed, left }: { readonly pool: () => AddressPool; readonly needed: () => number; readonly left: number },
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#pool = pool;
    this.#needed = needed;
    this.#left = left;
    store.addHolder(this);
  }

  get held(): number {
    return Math.max(0, this.#pool().free.length - this.#needed());
  }

  giveBack(): void {
    this.#giveAllBut(this.#needed());
  }

  /** Give back what is too much, and begin to take more before it is needed; `came` when there is more than before. */
  balance(came: () => void): void {
    // Without space, whatever waits for it waits on; the next who asks for some is told.
    if (this.#pool().free.length < addressesAhead / 2 && this.#taking === undefined)
      void this.more('ahead').then(came, () => undefined);
    this.#giveAllBut(addressesAhead * 4);
  }

  /** Put a particular address into the pool, when it is free on the drive. */
  want(address: Address): void {
    // What another one began in the place of this member lies nowhere.
    if (address === noAddress || this.#pool().free.includes(address)) return;
    if (this.#store.claimBlock(driveBlockOf(address))) giveAddress(this.#pool(), address);
  }

  /** Put some more into the pool. @throws NoSpaceError, DriveStoppedError */
  async more(urgency: 'needed' | 'ahead' = 'needed'): Promise<void> {
    this.#taking ??= this.#take(urgency).finally(() => {
      this.#taking = undefined;
    });
    await this.#taking;
  }

  #giveAllBut(count: number): void {
    const { free } = this.#pool();
    while (free.length > count) {
      const address = free.pop()!;
      this.#storage.forget(address);
      this.#store.giveBlock(driveBlockOf(address));
    }
  }

  async #take(urgency: 'needed' | 'ahead'): Promise<void> {
    const pool = this.#pool();
    try {
      const blocks = await this.#store.takeBlocks(addressesAhead, this.#left, urgency);
      for (const block of blocks) giveAddress(this.#pool(), addressOf(block));
    } catch (error) {
      // What entries have given up is free as soon as they are durable, which nobody was in a hurry for.
      if (!(error instanceof NoSpaceError) || pool.retiring.length === 0) throw error;
      const before = pool.free.length;
      await this.#store.harden();
      await setImmediate();
      if (this.#pool().free.length <= before) throw error;
    }
  }
}

/**
 * A drive that is full is asked again a little later, by those who cannot do without. What entries of the other role have
 * given up is free once they are durable, which nobody may be in a hurry for.
 */
export async function waitForSpace(error: unknown, store: BlockStore): Promise<void> {
  if (!(error instanceof NoSpaceError)) throw error;
  await store.harden();
  await pause(spacePollMs);
}
