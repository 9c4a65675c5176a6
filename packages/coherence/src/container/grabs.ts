import { CannotBlockError, DuplicateKeyError, KeyError } from '../errors.ts';
import { keysPerCallMax } from '../limits.ts';
import type { Grant } from './grants.ts';
import { runHolding } from './holder.ts';
import { compareKeys, keyText } from './key-form.ts';
import type { LeaseCalls } from './lease-calls.ts';
import { WriteLease } from './leases.ts';
import type { ContainerCallOptions, ObjectCalls } from './object-calls.ts';
import type { ValueForm, Written } from './value-form.ts';

/** A change of a private copy: whatever it answers but undefined is the new value. */
export type Change<Value, Missing extends undefined> = (
  draft: Value | Missing,
) => Changed<Value> | Promise<Changed<Value>>;
// biome-ignore lint/suspicious/noConfusingVoidType: a change in place answers nothing.
export type Changed<Value> = Value | undefined | void;

/** As {@link Change}, for several objects: their drafts may be replaced in place, or all be answered anew. */
export type ChangeAll<Value, Missing extends undefined> = (
  drafts: (Value | Missing)[],
) => ChangedAll<Value> | Promise<ChangedAll<Value>>;
// biome-ignore lint/suspicious/noConfusingVoidType: a change in place answers nothing.
type ChangedAll<Value> = readonly (Value | undefined)[] | undefined | void;

/** What becomes of an object when its lease ends: nothing where there are no bytes. */
interface Outcome<Value> {
  readonly bytes: Uint8Array | undefined;
  readonly written: Written<Value> | undefined;
}

const unchanged: Outcome<never> = { bytes: undefined, written: undefined };

/** The calls of a container that write: they grab, let a private draft be changed, and hand back what came of it. */
export class Grabs<Key, Value, Missing extends undefined> {
  readonly #calls: ObjectCalls<Key>;
  readonly #leases: LeaseCalls<Key>;
  readonly #values: ValueForm<Value>;

  constructor(calls: ObjectCalls<Key>, leases: LeaseCalls<Key>, values: ValueForm<Value>) {
    this.#calls = calls;
    this.#leases = leases;
    this.#values = values;
  }

  async lease(key: Key, options: ContainerCallOptions): Promise<WriteLease<Value>> {
    const grant = await this.#leases.write({ what: 'grab', tries: false, handsOut: true }, key, options);
    return new WriteLease(grant!, this.#values);
  }

  async change(key: Key, change: Change<Value, Missing>, options: ContainerCallOptions): Promise<Value | Missing> {
    const asked = this.#leases.write({ what: 'grab', tries: false, handsOut: false }, key, options);
    const grant = (asked instanceof Promise ? await asked : asked)!.use();
    let outcome: Outcome<Value> = unchanged;
    let saving: Promise<unknown> | undefined;
    const draft = this.#draft(grant);
    try {
      const changed = runHolding([grant.claim], () => change(draft));
      outcome = this.#outcome(draft, changed instanceof Promise ? await changed : changed);
      const storing = this.#storeThrough(grant, outcome.bytes);
      if (storing !== undefined) await storing;
    } catch (error) {
      outcome = this.#drop(outcome);
      throw error;
    } finally {
      this.#values.dropDraft(draft);
      saving = grant.end(outcome.bytes);
    }
    if (saving !== undefined) await saving;
    return this.#shown(grant, outcome);
  }

  changeNow(
    key: Key,
    change: (draft: Value | Missing) => Changed<Value>,
    options: ContainerCallOptions,
  ): Value | Missing {
    if (this.#calls.hooks.writesThrough) throw new CannotBlockError('grabSync of a container that writes through');
    const grant = this.#leases.writeNow({ what: 'grabSync', tries: false, handsOut: false }, key, options)!.use();
    let outcome: Outcome<Value> = unchanged;
    const draft = this.#draft(grant);
    try {
      outcome = this.#outcome(
        draft,
        runHolding([grant.claim], () => change(draft)),
      );
    } finally {
      this.#values.dropDraft(draft);
      grant.endNow(outcome.bytes);
    }
    return this.#shown(grant, outcome);
  }

  async changeAll(
    keys: readonly Key[],
    change: ChangeAll<Value, Missing>,
    options: ContainerCallOptions,
  ): Promise<(Value | Missing)[]> {
    const grants = await this.#grabEach(keys, options);
    const outcomes: Outcome<Value>[] = [];
    const made = grants.map((grant) => this.#draft(grant));
    let saving: (Promise<unknown> | undefined)[] = [];
    try {
      const drafts = [...made];
      const claims = grants.map(({ claim }) => claim);
      const written = (grants.length === 0 ? undefined : await runHolding(claims, () => change(drafts))) ?? drafts;
      for (const index of keys.keys()) outcomes.push(this.#outcome(undefined, written[index]));
      for (const [index, { bytes }] of outcomes.entries()) await this.#storeThrough(grants[index]!, bytes);
    } catch (error) {
      for (const outcome of outcomes.splice(0)) this.#drop(outcome);
      throw error;
    } finally {
      for (const draft of made) this.#values.dropDraft(draft);
      saving = grants.map((grant, index) => grant.end(outcomes[index]?.bytes));
    }
    await Promise.all(saving);
    return outcomes.map((outcome, index) => this.#shown(grants[index]!, outcome));
  }

  /** Give the object a value, which is stored before its lease ends. */
  async setThrough(key: Key, value: Value, options: ContainerCallOptions): Promise<void> {
    const bytes = this.#values.encode(value);
    let grant: Grant | undefined;
    try {
      const asked = this.#leases.write({ what: 'set', tries: false, handsOut: false }, key, options);
      grant = (asked instanceof Promise ? await asked : asked)!.use();
      await this.#storeThrough(grant, bytes);
    } catch (error) {
      grant?.end();
      this.#values.dropEncoded(bytes);
      throw error;
    }
    await grant.end(bytes);
  }

  /**
   * Take the object out of its source, before it goes from memory; whether there was one. Whoever writes it in between
   * writes a new one, which stays in the source.
   */
  async erase(key: Key, options: ContainerCallOptions): Promise<boolean> {
    const grant = (await this.#leases.write({ what: 'remove', tries: false, handsOut: false }, key, options))!.use();
    const { slot } = grant.claim;
    const existed = slot.bytes !== undefined;
    try {
      if (existed) await this.#calls.hooks.eraseThrough(slot);
    } finally {
      grant.end();
    }
    return existed;
  }

  /** Grants on all objects, in the order of `keys`; taken in the order of their names, or none. */
  async #grabEach(keys: readonly Key[], options: ContainerCallOptions): Promise<Grant[]> {
    checkKeys(keys);
    const named = keys.map((key, index) => ({ key, index, form: this.#calls.slot(key).key }));
    named.sort((a, b) => compareKeys(a.form, b.form));
    for (const [place, { form }] of named.entries()) {
      if (named[place + 1]?.form === form) throw new DuplicateKeyError(keyText(form));
    }
    const grants: Grant[] = [];
    try {
      for (const { key, index } of named) {
        const grant = await this.#leases.write({ what: 'grabAll', tries: false, handsOut: false }, key, options);
        grants[index] = grant!.use();
      }
    } catch (error) {
      for (const grant of grants) grant?.end();
      throw error;
    }
    return grants;
  }

  /** Undefined where nothing is stored before the lease ends. */
  #storeThrough({ claim: { slot } }: Grant, bytes: Uint8Array | undefined): Promise<void> | undefined {
    const { hooks } = this.#calls;
    return bytes === undefined || !hooks.writesThrough ? undefined : hooks.storeThrough(slot, bytes);
  }

  #drop({ bytes }: Outcome<Value>): Outcome<Value> {
    if (bytes !== undefined) this.#values.dropEncoded(bytes);
    return unchanged;
  }

  #draft({ claim: { slot } }: Grant): Value | Missing {
    return slot.bytes === undefined ? (undefined as Missing) : this.#values.draft(slot.bytes);
  }

  /** The draft counts where nothing was answered. */
  #outcome(draft: Value | Missing | undefined, changed: Changed<Value>): Outcome<Value> {
    const value = changed === undefined ? draft : changed;
    if (value === undefined) return unchanged;
    const bytes = this.#values.encode(value);
    return { bytes, written: this.#values.written(bytes) };
  }

  #shown({ claim: { slot } }: Grant, { written }: Outcome<Value>): Value | Missing {
    return written === undefined ? (undefined as Missing) : written(slot);
  }
}

export function checkKeys(keys: readonly unknown[]): void {
  if (keys.length <= keysPerCallMax) return;
  throw new KeyError(`A call names ${keys.length} keys.`, `Name at most ${keysPerCallMax} at a time.`);
}
