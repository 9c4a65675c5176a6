import { join } from 'node:path';
import { openEmbeddedStore } from '../coord/embedded-store.ts';
import type { StoreRequest } from '../coord/store-calls.ts';
import { StoreDesk } from '../coord/store-desk.ts';
import type { CoordStore } from '../coord/types.ts';
import type { MemberRecord } from './member-record.ts';

/**
 * The coordination store of the app, served to all members. It is a file of its own, opened at the first call: keys of
 * the app cannot meet the cluster's, nor can a write of the app that fails stop the cluster's.
 */
export class StoreDesks {
  readonly #storage: string | undefined;
  readonly #desks = new Map<MemberRecord, StoreDesk>();
  #store: CoordStore | undefined;

  /** @param storage the cluster's directory; without one the store is in memory */
  constructor(storage: string | undefined) {
    this.#storage = storage;
  }

  receive(record: MemberRecord, request: StoreRequest): void {
    const desk = this.#desks.get(record) ?? this.#open(record);
    void desk.receive(request);
  }

  /** The member is gone. */
  forget(record: MemberRecord): void {
    this.#desks.get(record)?.close();
    this.#desks.delete(record);
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  #open(record: MemberRecord): StoreDesk {
    const desk = new StoreDesk(
      () => {
        this.#store ??= openEmbeddedStore(this.#storage === undefined ? {} : { path: join(this.#storage, 'coord.db') });
        return this.#store;
      },
      (answer) => record.control.post({ type: 'stored', ...answer }),
    );
    this.#desks.set(record, desk);
    return desk;
  }
}
