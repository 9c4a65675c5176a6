import { LeaseEndedError } from '../errors.ts';
import type { Grant } from './grants.ts';
import { keyText } from './key-form.ts';
import type { ValueForm } from './value-form.ts';

/**
 * A copy that stays as it is, and that nobody can make stale, until the lease ends. While it lasts, writers everywhere
 * wait: keep it short.
 */
export class ReadLease<Value> implements Disposable {
  readonly #grant: Grant;
  readonly #form: ValueForm<Value>;
  #ended = false;

  constructor(grant: Grant, form: ValueForm<Value>) {
    this.#grant = grant.use();
    this.#form = form;
  }

  /**
   * The value, frozen.
   * @throws LeaseEndedError (HF_LEASE_ENDED)
   */
  get value(): Value {
    return this.#form.look(this.#slot);
  }

  /** Rises with every exclusive lease on the object. */
  get version(): number {
    return this.#slot.entry.version;
  }

  /** End the lease. Ending it again does nothing. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    void this.#grant.end()?.catch(() => undefined);
  }

  get #slot() {
    const { slot } = this.#grant.claim;
    if (this.#ended) throw new LeaseEndedError(keyText(slot.key));
    return slot;
  }
}

/** The only lease anywhere. What it did counts once it is committed; a lease that is disposed of leaves the old value. */
export class WriteLease<Value> implements Disposable {
  readonly #grant: Grant;
  readonly #form: ValueForm<Value>;
  #draft: Value | undefined;
  #ended = false;

  constructor(grant: Grant, form: ValueForm<Value>) {
    this.#grant = grant.use();
    this.#form = form;
  }

  /** Whether there is an object. Committing a value creates it. */
  get exists(): boolean {
    return this.#slot.bytes !== undefined;
  }

  /** The value as it was, frozen; undefined while there is no object. */
  get value(): Value | undefined {
    return this.exists ? this.#form.look(this.#slot) : undefined;
  }

  /** A copy of the value that is yours to change: it becomes the value by {@link commit}. */
  get draft(): Value | undefined {
    if (this.exists) this.#draft ??= this.#form.draft(this.#slot.bytes!);
    return this.#draft;
  }

  get version(): number {
    return this.#slot.entry.version;
  }

  /**
   * End the lease; the value, or else the draft, is what everybody sees from now on. Without either nothing changes.
   * Resolves at once or, with `backup: 1`, when another node has the value too. With `writeThrough` it is stored first.
   * @throws SchemaError, CodecError, ValueTooLargeError: then the lease goes on, and the old value stands. StoreError: the
   *   lease has ended, and the old value stands
   */
  commit(value: Value | undefined = this.#draft): Promise<void> {
    const slot = this.#slot;
    const bytes = value === undefined ? undefined : this.#form.encode(value);
    this.#form.dropDraft(this.#draft);
    this.#ended = true;
    const { hooks } = this.#grant.set;
    if (bytes === undefined || hooks?.writesThrough !== true) return this.#finish(bytes);
    return hooks.storeThrough(slot, bytes).then(
      () => this.#finish(bytes),
      (error: unknown) => {
        this.#form.dropEncoded(bytes);
        void this.#finish(undefined);
        throw error;
      },
    );
  }

  async #finish(bytes: Uint8Array | undefined): Promise<void> {
    await this.#grant.end(bytes);
  }

  /** End the lease; the value is as it was. Ending it again does nothing. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#form.dropDraft(this.#draft);
    void this.#grant.end()?.catch(() => undefined);
  }

  get #slot() {
    const { slot } = this.#grant.claim;
    if (this.#ended) throw new LeaseEndedError(keyText(slot.key));
    return slot;
  }
}
