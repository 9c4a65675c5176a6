import { noPayload } from '../kernel/object-types.ts';
import type { MapKey } from './key-form.ts';
import { type ObjectSlot, unread } from './object-slot.ts';
import type { OperationTable } from './operation-table.ts';
import type { PageFrames } from './page-frames.ts';

/** Who hears of values that come and go. */
export interface ValueWatch {
  came(): void;
  went(key: MapKey): void;
}

/** The bytes that the payloads of the kernel stand for on one member: values, shadows, and what the event under way brings. */
export class KeptValues {
  /** Of all values here, encoded, and how many there are. */
  bytes = 0;
  values = 0;
  readonly #operations: OperationTable;
  readonly #frames: PageFrames | undefined;
  readonly #watch: ValueWatch;
  #arrived: Uint8Array | undefined;
  #arrivedHandle = noPayload;

  constructor(operations: OperationTable, frames: PageFrames | undefined, watch: ValueWatch) {
    this.#operations = operations;
    this.#frames = frames;
    this.#watch = watch;
  }

  /** A step begins, with an event that brings `bytes` under a handle. */
  begin(bytes: Uint8Array | undefined, handle: number): void {
    this.#arrived = bytes;
    this.#arrivedHandle = bytes === undefined ? noPayload : handle;
  }

  /** The step is over: what it brought is kept by its object, or by nobody. */
  end(): void {
    this.#arrived = undefined;
    this.#arrivedHandle = noPayload;
  }

  bytesOf(handle: number, slot: ObjectSlot | undefined): Uint8Array | undefined {
    if (handle === noPayload) return undefined;
    if (handle === this.#arrivedHandle) return this.#arrived;
    if (handle === slot?.handle) return slot.bytes;
    if (handle === slot?.shadow?.handle) return slot.shadow.bytes;
    const early = this.#operations.get(handle);
    return early instanceof Uint8Array ? early : undefined;
  }

  /** The kernel may have taken other bytes for the value, or dropped it. */
  keep(slot: ObjectSlot | undefined): void {
    if (slot === undefined) return;
    const { payload, backup } = slot.entry;
    const shadow = backup.shadow?.payload;
    const isSameShadow = shadow === slot.shadow?.handle;
    if (payload === slot.handle && isSameShadow) return;
    // The value may have become the shadow, or the shadow the value.
    const now = this.bytesOf(payload, slot);
    const kept = shadow === undefined || isSameShadow ? slot.shadow?.bytes : this.bytesOf(shadow, slot);
    const shadowBefore = slot.shadow?.bytes;
    slot.shadow = shadow === undefined || kept === undefined ? undefined : { handle: shadow, bytes: kept };
    const before = slot.bytes;
    if (shadowBefore !== undefined && shadowBefore !== kept && shadowBefore !== now) this.#frames?.drop(shadowBefore);
    if (payload === slot.handle) return;
    if (before !== undefined && before !== now && before !== kept) this.#frames?.drop(before);
    slot.handle = payload;
    slot.value = unread;
    slot.bytes = now;
    this.bytes += (now?.length ?? 0) - (before?.length ?? 0);
    this.values += (now === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (now !== undefined) this.#watch.came();
    else if (before !== undefined) this.#watch.went(slot.key);
  }

  /** Nothing is left of an object here. */
  dropped({ key, bytes, shadow }: ObjectSlot): void {
    if (shadow !== undefined && shadow.bytes !== bytes) this.#frames?.drop(shadow.bytes);
    if (bytes === undefined) return;
    this.#frames?.drop(bytes);
    this.bytes -= bytes.length;
    this.values -= 1;
    this.#watch.went(key);
  }

  /** What an event brought and the kernel did not take lies in a page all the same. */
  dropUnused(bytes: Uint8Array, slot: ObjectSlot | undefined): void {
    if (slot?.bytes !== bytes && slot?.shadow?.bytes !== bytes) this.#frames?.drop(bytes);
  }
}
