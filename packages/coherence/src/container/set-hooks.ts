import { TimeoutError } from '@holdfast/runtime/service';
import { AsyncOperationError, StoreError, UnknownOperationError } from '../errors.ts';
import type { CallId, NodeId } from '../kernel/object-types.ts';
import type { ContainerDefinition, ContainerSource } from './definition.ts';
import { type KeyForm, keyText, type MapKey } from './key-form.ts';
import type { LiveSet } from './live-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import { type Operation, Outcome } from './operation-form.ts';
import type { SetPlace } from './set-place.ts';
import { Turns } from './turns.ts';
import type { ValueForm } from './value-form.ts';
import { WriteBehind } from './write-behind.ts';

/** Runs what a definition says of first values and of the world outside, and tells the kernel what came of it. */
export class SetHooks {
  readonly #set: LiveSet;
  readonly #definition: ContainerDefinition<unknown, unknown>;
  readonly #keys: KeyForm<unknown>;
  readonly #values: ValueForm<unknown>;
  readonly #report: (error: unknown) => void;
  readonly #behind: WriteBehind | undefined;
  /** Why loads failed, until the calls that waited for them were told. */
  readonly #failures = new WeakMap<ObjectSlot, unknown>();
  /** What the source is told of an object it is told in order, one after the other. */
  readonly #turns = new Turns();

  constructor(
    set: LiveSet,
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
    this.#firstValue(slot, (first) => {
      if (first === 'absent') {
        this.#set.fillFailed(slot, id, true);
      } else if ('bytes' in first) {
        this.#set.filled(slot, id, first.bytes);
      } else {
        this.#failures.set(slot, first.error);
        this.#set.fillFailed(slot, id, false);
      }
    });
  }

  /** As {@link fill}, for another node, which owns the object. */
  load(slot: ObjectSlot, node: NodeId, id: number): void {
    this.#firstValue(slot, (first) => {
      if (first !== 'absent' && 'error' in first) this.#report(first.error);
      const bytes = first !== 'absent' && 'bytes' in first ? first.bytes : undefined;
      this.#set.loaded(slot, node, id, bytes, first === 'absent');
    });
  }

  /** Run an operation on the value of an object that this node owns. */
  run(slot: ObjectSlot, operation: Operation): void {
    const { outcome, bytes } = this.#outcomeOf(slot, operation);
    if (bytes === undefined || !this.writesThrough) {
      this.#ran(slot, outcome, bytes);
      return;
    }
    void this.storeThrough(slot, bytes).then(
      () => this.#ran(slot, outcome, bytes),
      (thrown: unknown) => {
        this.#values.dropEncoded(bytes);
        this.#ran(slot, Outcome.thrown(thrown), undefined);
      },
    );
  }

  #ran(slot: ObjectSlot, outcome: Outcome, bytes: Uint8Array | undefined): void {
    this.#set.ran(slot, bytes, outcome);
    this.written(slot);
  }

  /** Whether a value is stored before anybody else sees it. */
  get writesThrough(): boolean {
    return this.#set.descriptor.isReloaded;
  }

  /**
   * Store what is about to become the value, by the one who has the object alone.
   * @throws StoreError (HF_STORE)
   */
  async storeThrough(slot: ObjectSlot, bytes: Uint8Array): Promise<void> {
    try {
      await this.#storing(slot, bytes);
    } catch (error) {
      throw new StoreError(this.#definition.name, keyText(slot.key), error);
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
    this.#turns
      .after(slot.key, () => this.#storing(slot, bytes))
      .then(
        () => this.#set.stored(slot, node, call, true),
        (error: unknown) => {
          this.#report(error);
          this.#set.stored(slot, node, call, false);
        },
      );
  }

  /** Bounded: who waits for a hook that hangs holds up everybody else who wants the object. */
  async #storing(slot: ObjectSlot, bytes: Uint8Array): Promise<void> {
    const { source, storeMs, name } = this.#definition;
    const key = this.#keys.read(slot.key);
    const value = this.#values.copy(bytes);
    await withinMs(`Storing an object of ${name}`, storeMs, async (signal) => {
      await source.store?.(key, value, signal);
      await source.sync?.(key);
    });
  }

  /**
   * Take an object out of its source, by the one who has it alone.
   * @throws StoreError (HF_STORE)
   */
  async eraseThrough({ key }: ObjectSlot): Promise<void> {
    const { source, storeMs, name } = this.#definition;
    try {
      await withinMs(`Erasing an object of ${name}`, storeMs, async () => await source.erase?.(this.#keys.read(key)));
    } catch (error) {
      throw new StoreError(name, keyText(key), error);
    }
  }

  /** The object was removed: its value is to go from the device too, unless it went before. */
  erase(key: MapKey): void {
    const { source, storeMs } = this.#definition;
    if (source.erase === undefined || this.writesThrough) return;
    const erasing = (): Promise<void> =>
      withinMs('Erasing an object', storeMs, async () => await source.erase?.(this.#keys.read(key)));
    this.#turns.after(key, erasing).catch(this.#report);
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

  /** What the object is to begin with; told once, at once where nothing has to be waited for. */
  #firstValue(slot: ObjectSlot, tell: (first: FirstValue) => void): void {
    const { initial, source, loadMs } = this.#definition;
    const key = this.#keys.read(slot.key);
    if (initial !== undefined) tell(this.#encoded(() => initial(key)));
    else if (source.load === undefined) tell('absent');
    else void this.#load(key, source.load, loadMs, tell);
  }

  async #load(
    key: unknown,
    load: NonNullable<ContainerSource<unknown, unknown>['load']>,
    loadMs: number,
    tell: (first: FirstValue) => void,
  ): Promise<void> {
    let first: FirstValue;
    try {
      const what = `Loading an object of ${this.#definition.name}`;
      const value = await withinMs(what, loadMs, async (signal) => await load(key, signal));
      first = this.#encoded(() => value);
    } catch (error) {
      first = { error };
    }
    tell(first);
  }

  #encoded(make: () => unknown): FirstValue {
    try {
      const value = make();
      return value === undefined ? 'absent' : { bytes: this.#values.encode(value) };
    } catch (error) {
      return { error };
    }
  }

  #outcomeOf(slot: ObjectSlot, operation: Operation): { outcome: Outcome; bytes: Uint8Array | undefined } {
    let draft: unknown;
    try {
      const { name } = operation;
      const operations = this.#definition.operations as Readonly<Record<string, RunOperation>>;
      const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (run === undefined) throw new UnknownOperationError(this.#definition.name, name);
      draft = this.#values.draft(slot.bytes!);
      const result = run(draft, operation.argument);
      if (result instanceof Promise) throw new AsyncOperationError(this.#definition.name, name);
      return { outcome: Outcome.of(result), bytes: this.#values.encode(draft) };
    } catch (thrown) {
      this.#values.dropDraft(draft);
      return { outcome: Outcome.thrown(thrown), bytes: undefined };
    }
  }
}

/**
 * What a hook comes to within its time; what comes of it later is dropped.
 * @throws TimeoutError (HF_TIMEOUT), with which its signal aborts too, and what the hook throws
 */
function withinMs<Result>(what: string, ms: number, hook: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new TimeoutError(what, ms);
      stop.abort(error);
      reject(error);
    }, ms);
    hook(stop.signal)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** What an object is to begin with. */
type FirstValue = { readonly bytes: Uint8Array } | 'absent' | { readonly error: unknown };

type RunOperation = (draft: unknown, argument: unknown) => unknown;
