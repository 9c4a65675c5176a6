import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { TrafficClass } from '../exchange/types.ts';
import type { MemberName } from '../member.ts';

/** What a channel carries: values of a schema, or bytes as they are. */
export type ChannelSchema = z.ZodType | 'bytes';

export interface ChannelOptions<Schema extends ChannelSchema> {
  /** Both ends connect under the same name; until the other one does, the channel is opening. */
  readonly name: string;
  readonly schema: Schema;
  /** Messages of one class keep their order among all channels of it. @default bulkClass */
  readonly trafficClass?: TrafficClass;
}

export type ChannelStatus =
  /** Waits for a session with the peer, and for the peer to connect under the same name. */
  | { readonly state: 'opening' }
  /** Messages flow. `link` is known after a failover. */
  | { readonly state: 'open'; readonly link?: string }
  /** For good. Without an error, one of the ends asked for it. */
  | { readonly state: 'closed'; readonly error?: Error };

/**
 * A private, ordered way to one other member: exactly once and across failover while both live. Messages are at most one
 * frame long (`frameBytesMax`); larger data travels as pages or by services.
 */
export interface Channel<Out, In> extends AsyncDisposable {
  readonly name: string;
  readonly peer: MemberName;
  readonly status: ChannelStatus;
  /** Begins with the present status and completes with `closed`. */
  readonly status$: Observable<ChannelStatus>;
  /**
   * What the peer sends. Messages wait (bounded) until somebody subscribes. Completes when an end closes the channel,
   * fails with HF_NODE_DOWN when the peer dies and with HF_SCHEMA at a message that does not fit.
   */
  readonly in$: Observable<In>;
  /** Resolves when the channel is open; rejects when it closes instead. */
  opened(): Promise<void>;
  /**
   * Resolves when the session has taken the message; waits while its window is full, in order, and while the channel is
   * opening.
   * @throws ChannelClosedError, SchemaError, MessageTooLargeError, MailboxFullError
   */
  send(message: Out): Promise<void>;
  /** As {@link send} without waiting: false when the message would have to wait, and then it is not sent. */
  trySend(message: Out): boolean;
  /** Resolves when a {@link trySend} that was refused is worth repeating. */
  writable(): Promise<void>;
  /** Resolves when the peer has heard everything sent before and closed its end. Idempotent. */
  close(): Promise<void>;
}

/** A channel of bytes, with a way in and a way out that make no object per message. */
export interface BytesChannel extends Channel<Uint8Array, Uint8Array> {
  /** {@link Channel.trySend} by another name, for the hot path: the bytes are copied before it returns. */
  sendBytes(bytes: Uint8Array): boolean;
  /**
   * Take messages where they lie: `bytes[start..end)` belongs to the link and is valid during the call only. One reader;
   * while there is one, `in$` stays silent. The function that ends it.
   */
  readBytes(reader: (bytes: Uint8Array, start: number, end: number) => void): () => void;
}

export type ChannelOf<Schema extends ChannelSchema> = Schema extends z.ZodType
  ? Channel<z.input<Schema>, z.output<Schema>>
  : BytesChannel;
