import { type Codec, codecOf, Reader, Validator, Writer, withWriter } from '@holdfast/runtime/internals';
import { ValueTooLargeError } from '../errors.ts';
import type { ContainerDefinition } from './definition.ts';
import { freezeDeep } from './frozen-value.ts';
import { type ObjectSlot, unread } from './object-slot.ts';
import { copyOf, loopBytesMax } from './value-bytes.ts';

const scratchBytes = 4096;
const scratch = new Uint8Array(scratchBytes);
const plainWriter = new Writer();

/** Values between users and bytes. */
export interface ValueForm<Value> {
  /**
   * A value as bytes of its own.
   * @throws SchemaError (HF_SCHEMA), CodecError (HF_CODEC), ValueTooLargeError (HF_VALUE_TOO_LARGE)
   */
  encode(value: unknown): Uint8Array;
  /** A copy of the value that is the caller's to change, until it is encoded or dropped. */
  draft(bytes: Uint8Array): Value;
  /** A draft that did not become the value. */
  dropDraft(draft: unknown): void;
  /** Bytes that did not become the value. */
  dropEncoded(bytes: Uint8Array): void;
  /** A copy of the value that is the caller's for good. */
  copy(bytes: Uint8Array): Value;
  /** The value to look at under a lease. */
  look(slot: ObjectSlot): Value;
  /** As {@link look}, where the value is `bytes[start..end)`, which may be anything else later. */
  lookAt(bytes: Uint8Array, start: number, end: number): Value;
  /** The value to look at for longer than the lease lasts. */
  show(slot: ObjectSlot): Value;
  /** What is about to be the value, for its writer to look at once the lease has ended. */
  written(bytes: Uint8Array): Written<Value>;
}

/** Hands out what was written. The slot may have lost it since. */
export type Written<Value> = (slot: ObjectSlot) => Value;

/** Values of a schema: as objects they are frozen, as bytes they lie in the codec that was compiled from it. */
export class RecordForm<Value> implements ValueForm<Value> {
  readonly #definition: Pick<ContainerDefinition<never, Value>, 'name' | 'value' | 'valueBytesMax'>;
  readonly #validator: Validator;
  readonly #reader = new Reader();
  /** The bytes encoded last, while what they were made of is nobody else's: whoever wants it next need not decode it. */
  #lastBytes: Uint8Array | undefined = undefined;
  #lastValue: Value | undefined = undefined;

  constructor(definition: Pick<ContainerDefinition<never, Value>, 'name' | 'value' | 'valueBytesMax'>) {
    this.#definition = definition;
    this.#validator = new Validator(definition.value, `A value of ${definition.name}`);
  }

  encode(value: unknown): Uint8Array {
    const { value: schema } = this.#definition;
    const checked = this.#validator.check(value);
    const codec = codecOf(schema, 'output');
    const encoded = codec.plain ? this.#encodePlain(codec, checked) : this.#encodeAside(codec, checked);
    const isOwn = codec.plain && checked !== value && isFlat(checked);
    this.#lastBytes = isOwn ? encoded : undefined;
    this.#lastValue = isOwn ? (checked as Value) : undefined;
    return encoded;
  }

  /** No code of a user's runs meanwhile, so one writer does for all. */
  #encodePlain(codec: Codec, value: unknown): Uint8Array {
    plainWriter.reset();
    codec.encode(plainWriter, value);
    return this.#kept(plainWriter.bytes, plainWriter.start, plainWriter.at);
  }

  #encodeAside(codec: Codec, value: unknown): Uint8Array {
    return withWriter(
      (writer) => codec.encode(writer, value),
      (bytes) => this.#kept(bytes, 0, bytes.length),
    );
  }

  #kept(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const { name, valueBytesMax } = this.#definition;
    if (end - start > valueBytesMax) throw new ValueTooLargeError(name, end - start, valueBytesMax);
    return copyOf(bytes, start, end);
  }

  draft(bytes: Uint8Array): Value {
    if (bytes !== this.#lastBytes) return this.#decode(bytes, 0, bytes.length);
    const value = this.#lastValue as Value;
    this.#lastBytes = undefined;
    this.#lastValue = undefined;
    return value;
  }

  #decode(bytes: Uint8Array, start: number, end: number): Value {
    const reader = this.#reader;
    const length = end - start;
    if (length <= scratchBytes) {
      // A view of its own for every small value costs more than this copy.
      if (length <= loopBytesMax) for (let at = 0; at < length; at++) scratch[at] = bytes[start + at]!;
      else scratch.set(bytes.subarray(start, end));
      reader.open(scratch, 0, length);
    } else {
      reader.open(bytes, start, end);
    }
    const value = codecOf(this.#definition.value, 'output').decode(reader) as Value;
    reader.finish();
    return value;
  }

  dropDraft(): void {
    // The garbage collector's.
  }

  dropEncoded(): void {
    // As a draft.
  }

  copy(bytes: Uint8Array): Value {
    return this.draft(bytes);
  }

  /** Frozen, and kept where freezing is enough to keep it as it is. */
  look(slot: ObjectSlot): Value {
    if (slot.value !== unread) return slot.value as Value;
    const value = this.draft(slot.bytes!);
    if (freezeDeep(value)) slot.value = value;
    return value;
  }

  lookAt(bytes: Uint8Array, start: number, end: number): Value {
    const value = this.#decode(bytes, start, end);
    freezeDeep(value);
    return value;
  }

  show(slot: ObjectSlot): Value {
    return this.look(slot);
  }

  written(bytes: Uint8Array): Written<Value> {
    return (slot) => {
      if (slot.bytes === bytes) return this.look(slot);
      return this.lookAt(bytes, 0, bytes.length);
    };
  }
}

/** Whether a record that its schema made anew shares nothing with anybody: all its fields are what nobody can change. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  for (const name in record) {
    const field = record[name];
    if (field === undefined || typeof field === 'function' || (typeof field === 'object' && field !== null))
      return false;
  }
  return !Array.isArray(value);
}
