import { TimeoutError } from '@holdfast/runtime/service';
import { StoreError } from '../errors.ts';
import type { CallId, NodeId } from '../kernel/object-types.ts';
import type { ContainerDefinition, ContainerSource } from './definition.ts';
import { type KeyForm, keyText, type MapKey } from './key-form.ts';
import type { ObjectSet } from './object-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { SetPlace } from './set-place.ts';
import type { ValueForm } from './value-form.ts';
import { WriteBehind } from './write-behind.ts';

/** Runs what a definition says of first values and of the world outside, and tells the kernel what came of it. */
export class SetHooks {
  readonly #set: ObjectSet;
  readonly #definition: ContainerDefinition<unknown, unknown>;
  readonly #keys: KeyForm<unknown>;
  readonly #values: ValueForm<unknown>;
  readonly #report: (error: unknown) => void;
  readonly #behind: WriteBehind | undefined;
  /** Why loads failed, until the calls that waited for them were told. */
  readonly #failures = new WeakMap<ObjectSlot, unknown>();

  constructor(
    set: ObjectSet,
    place: SetPlace,
    definition: ContainerDefinition<unknown, unknown>,
    keys: KeyForm<unknown>,
    values: ValueForm<unknown>,
    report: (error: unknown) => void,
  ) {
    this.#set = set;
    this.#definition = definition;
    this.#keys = keys;
    this.#values = values;
    this.#report = report;
    const { store, writeBehindMs } = definition.source;
    if (store === undefined || writeBehindMs === undefined) return;
    this.#behind = new WriteBehind(set, place, writeBehindMs, (key) => {
      report(new StoreError(definition.name, keyText(key)));
    });
  }

  /** Whether a key that was never written has a value all the same. */
  get creates(): boolean {
    return this.#definition.initial !== undefined || this.#definition.source.load !== undefined;
  }

  /** Why the last load of this object failed. */
  failure(slot: ObjectSlot): unknown {
    return this.#failures.get(slot);
  }

  fill(slot: ObjectSlot, id: number): void {
    const { initial, source, loadMs } = this.#definition;
    const key = this.#keys.read(slot.key);
    if (initial !== undefined) {
      this.#try(slot, id, () => this.#create(slot, id, initial(key)));
    } else if (source.load === undefined) {
      this.#set.fillFailed(slot, id, true);
    } else {
      void this.#load(slot, id, key, source.load, loadMs);
    }
  }

  /** A write lease ended here, whether or not it wrote. */
  written({ key }: ObjectSlot): void {
    this.#behind?.written(key);
  }

  /** Store what is due of an object that is about to leave this member. */
  async leaving({ key }: ObjectSlot): Promise<void> {
    await this.#behind?.store(key);
  }

  /** Store all that is due. */
  async stop(): Promise<void> {
    await this.#behind?.storeAll();
  }

  store(slot: ObjectSlot, node: NodeId, call: CallId, bytes: Uint8Array): void {
    const { store, sync } = this.#definition.source;
    const key = this.#keys.read(slot.key);
    const value = this.#values.draft(bytes);
    Promise.resolve()
      .then(() => store?.(key, value))
      .then(() => sync?.(key))
      .then(
        () => this.#set.stored(slot, node, call, true),
        (error: unknown) => {
          this.#report(error);
          this.#set.stored(slot, node, call, false);
        },
      );
  }

  invalidated(key: MapKey): void {
    const { invalidate } = this.#definition.source;
    if (invalidate === undefined) return;
    queueMicrotask(() => {
      try {
        invalidate(this.#keys.read(key));
      } catch (error) {
        this.#report(error);
      }
    });
  }

  /** Bounded: the kernel drops what comes after the time-out. */
  async #load(
    slot: ObjectSlot,
    id: number,
    key: unknown,
    load: NonNullable<ContainerSource<unknown, unknown>['load']>,
    loadMs: number,
  ): Promise<void> {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort(new TimeoutError(`Loading an object of ${this.#definition.name}`, loadMs));
      this.#fail(slot, id, stop.signal.reason);
    }, loadMs);
    try {
      const value = await load(key, stop.signal);
      if (!stop.signal.aborted) this.#create(slot, id, value);
    } catch (error) {
      if (!stop.signal.aborted) this.#fail(slot, id, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #create(slot: ObjectSlot, id: number, value: unknown): void {
    if (value === undefined) this.#set.fillFailed(slot, id, true);
    else this.#set.filled(slot, id, this.#values.encode(value));
  }

  #try(slot: ObjectSlot, id: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(slot, id, error);
    }
  }

  #fail(slot: ObjectSlot, id: number, error: unknown): void {
    this.#failures.set(slot, error);
    this.#set.fillFailed(slot, id, false);
  }
}
