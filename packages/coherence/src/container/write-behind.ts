import type { CallResult } from '../kernel/object-types.ts';
import type { MapKey } from './key-form.ts';
import type { LiveSet } from './live-set.ts';
import type { SetPlace } from './set-place.ts';

/**
 * Writes values to the device of the default owner some time after they were written here, each once however often it
 * was written meanwhile. Whoever had the object after this member does the same, so a value that left is theirs to store.
 */
export class WriteBehind {
  readonly #set: LiveSet;
  readonly #place: SetPlace;
  readonly #delayMs: number;
  readonly #failed: (key: MapKey) => void;
  readonly #due = new Set<MapKey>();
  #isScheduled = false;

  /** @param failed told of values that could not be stored; they are tried again. */
  constructor(set: LiveSet, place: SetPlace, delayMs: number, failed: (key: MapKey) => void) {
    this.#set = set;
    this.#place = place;
    this.#delayMs = delayMs;
    this.#failed = failed;
  }

  /** A write lease ended here. */
  written(key: MapKey): void {
    this.#due.add(key);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#place.later(this.#delayMs, () => {
      this.#isScheduled = false;
      void this.storeAll();
    });
  }

  /** Store what is due now; resolves when the device has answered for all of it. */
  async storeAll(): Promise<void> {
    await Promise.all(Array.from(this.#due, (key) => this.store(key)));
  }

  /** As {@link storeAll}, for one object, before it leaves this member. */
  async store(key: MapKey): Promise<void> {
    if (!this.#due.delete(key)) return;
    const slot = this.#set.slots.slot(key);
    if (slot?.bytes === undefined) return;
    const call = this.#place.nextCall();
    const wait = (): Promise<CallResult> => this.#place.calls.wait(call, slot, 'sync', { timeoutMs: 0 });
    const result = this.#set.call(slot, { type: 'sync', call }) ?? (await wait().catch(() => undefined));
    if (result?.outcome === 'failed') this.#failed(key);
    if (result?.outcome === 'failed' || result?.outcome === 'interrupted') this.written(key);
  }
}
