import { codecOf, Reader, Validator, withWriter } from '@holdfast/runtime/internals';
import { ValueTooLargeError } from '../errors.ts';
import type { ContainerDefinition } from './definition.ts';
import { freezeDeep } from './frozen-value.ts';
import { type ObjectSlot, unread } from './object-slot.ts';
import { copyOf } from './value-bytes.ts';

const scratchBytes = 4096;
const scratch = new Uint8Array(scratchBytes);

/** Values between users and bytes. */
export class ValueForm<Value> {
  readonly #definition: Pick<ContainerDefinition<never, Value>, 'name' | 'value' | 'valueBytesMax'>;
  readonly #validator: Validator;
  readonly #reader = new Reader();

  constructor(definition: Pick<ContainerDefinition<never, Value>, 'name' | 'value' | 'valueBytesMax'>) {
    this.#definition = definition;
    this.#validator = new Validator(definition.value, `A value of ${definition.name}`);
  }

  /**
   * A value as bytes of its own.
   * @throws SchemaError (HF_SCHEMA), CodecError (HF_CODEC), ValueTooLargeError (HF_VALUE_TOO_LARGE)
   */
  encode(value: unknown): Uint8Array {
    const { name, value: schema, valueBytesMax } = this.#definition;
    const checked = this.#validator.check(value);
    return withWriter(
      (writer) => codecOf(schema, 'output').encode(writer, checked),
      (bytes) => {
        if (bytes.length > valueBytesMax) throw new ValueTooLargeError(name, bytes.length, valueBytesMax);
        return copyOf(bytes, 0, bytes.length);
      },
    );
  }

  /** A copy of the value that is the caller's to change. */
  draft(bytes: Uint8Array): Value {
    const reader = this.#reader;
    if (bytes.length <= scratchBytes) {
      // A view of its own for every small value costs more than this copy.
      scratch.set(bytes);
      reader.open(scratch, 0, bytes.length);
    } else {
      reader.open(bytes, 0, bytes.length);
    }
    const value = codecOf(this.#definition.value, 'output').decode(reader) as Value;
    reader.finish();
    return value;
  }

  /** The value to look at: frozen, and kept where freezing is enough to keep it as it is. */
  look(slot: ObjectSlot): Value {
    if (slot.value !== unread) return slot.value as Value;
    const value = this.draft(slot.bytes!);
    if (freezeDeep(value)) slot.value = value;
    return value;
  }

  /** What was just written, to look at: the slot may have lost it since. */
  lookAt(slot: ObjectSlot, bytes: Uint8Array): Value {
    if (slot.bytes === bytes) return this.look(slot);
    const value = this.draft(bytes);
    freezeDeep(value);
    return value;
  }
}
