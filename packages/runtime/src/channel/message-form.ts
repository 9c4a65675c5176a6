import { hash } from 'node:crypto';
import type { z } from 'zod';
import { type Codec, codecOf } from '../codec/codec.ts';
import { MessageTooLargeError } from '../codec/errors.ts';
import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { frameBytesMax } from '../limits.ts';
import { wireText } from '../service/schema-hash.ts';
import { Validator } from '../service/validation.ts';
import type { ChannelSchema } from './types.ts';

/** How messages of a channel become bytes and messages again. */
export interface MessageForm {
  /** What both ends must agree on. */
  readonly hash: string;
  /** Valid until the next call. @throws SchemaError, CodecError, MessageTooLargeError */
  encode(message: unknown): Uint8Array;
  /** A message of its own, that outlives the link's memory. @throws SchemaError, CodecError */
  decode(bytes: Uint8Array, start: number, end: number): unknown;
}

export function messageForm(channel: string, schema: ChannelSchema): MessageForm {
  return schema === 'bytes' ? new BytesForm() : new SchemaForm(channel, schema);
}

class BytesForm implements MessageForm {
  readonly hash = 'bytes';

  encode(message: unknown): Uint8Array {
    if (!(message instanceof Uint8Array)) throw new TypeError('A channel of bytes sends Uint8Arrays.');
    return within(message);
  }

  decode(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const copy = new Uint8Array(end - start);
    copy.set(bytes.subarray(start, end));
    return copy;
  }
}

class SchemaForm implements MessageForm {
  readonly hash: string;
  readonly #validator: Validator;
  readonly #codec: Codec;
  readonly #reader = new Reader();

  constructor(channel: string, schema: z.ZodType) {
    this.#validator = new Validator(schema, `A message of channel ${channel}`);
    this.#codec = codecOf(schema, 'input');
    this.hash = hash('sha256', wireText(schema, 'input')).slice(0, 32);
  }

  encode(message: unknown): Uint8Array {
    const parsed = this.#validator.check(message);
    // Encoding may run code of the sender's that sends by itself: each message has a writer of its own.
    const writer = new Writer();
    this.#codec.encode(writer, this.#codec.plain ? parsed : message);
    return within(writer.written());
  }

  decode(bytes: Uint8Array, start: number, end: number): unknown {
    this.#reader.open(bytes, start, end);
    const message = this.#codec.decode(this.#reader);
    this.#reader.finish();
    return this.#validator.check(message);
  }
}

function within(bytes: Uint8Array): Uint8Array {
  if (bytes.length > frameBytesMax) throw new MessageTooLargeError(bytes.length, frameBytesMax);
  return bytes;
}
