import { setImmediate } from 'node:timers/promises';
import { NoSpaceError } from '../errors.ts';
import { type AddressPool, giveAddress } from '../kernel/address-pool.ts';
import type { Address } from '../kernel/journal.ts';
import { addressesAhead } from '../limits.ts';
import type { BlockStore } from '../store/block-store.ts';
import { addressOf, driveBlockOf } from '../store/journaled-address.ts';
import type { JournalStorage } from './journal-storage.ts';

/**
 * Addresses for a role, out of the one free map of the drive: some ahead of need, so that a kernel finds one at once,
 * and what it has too many of goes back.
 */
export class AddressSupply {
  readonly #store: BlockStore;
  readonly #storage: JournalStorage;
  #taking: Promise<void> | undefined;

  constructor(store: BlockStore, storage: JournalStorage) {
    this.#store = store;
    this.#storage = storage;
  }

  /** Give back what is too much, and begin to take more before it is needed; `came` when there is more than before. */
  balance(pool: () => AddressPool, came: () => void): void {
    const { free } = pool();
    // Without space, whatever waits for it waits on; the next who asks for some is told.
    if (free.length < addressesAhead / 2 && this.#taking === undefined)
      void this.more(pool).then(came, () => undefined);
    while (free.length > addressesAhead * 4) {
      const address = free.pop()!;
      this.#storage.forget(address);
      this.#store.giveBlock(driveBlockOf(address));
    }
  }

  /** Put a particular address into the pool, when it is free on the drive. */
  want(pool: () => AddressPool, address: Address): void {
    if (pool().free.includes(address)) return;
    if (this.#store.claimBlock(driveBlockOf(address))) giveAddress(pool(), address);
  }

  /** Put some more into the pool. @throws NoSpaceError, DriveStoppedError */
  async more(pool: () => AddressPool): Promise<void> {
    this.#taking ??= this.#take(pool).finally(() => {
      this.#taking = undefined;
    });
    await this.#taking;
  }

  async #take(pool: () => AddressPool): Promise<void> {
    try {
      for (const block of await this.#store.takeBlocks(addressesAhead)) giveAddress(pool(), addressOf(block));
    } catch (error) {
      // What entries have given up is free as soon as they are durable, which nobody was in a hurry for.
      if (!(error instanceof NoSpaceError) || pool().retiring.length === 0) throw error;
      const before = pool().free.length;
      await this.#store.harden();
      await setImmediate();
      if (pool().free.length <= before) throw error;
    }
  }
}
