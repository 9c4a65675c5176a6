import type { Subscriber } from 'rxjs/internal/Subscriber';
import { Reader } from '../codec/reader.ts';
import { withWriter } from '../codec/writer-pool.ts';
import { ClosedError, NodeDownError, TimeoutError } from '../errors.ts';
import { IsolatedObservable, type SubscriberFailure } from '../events/isolated-observable.ts';
import { streamsOpenMax } from '../limits.ts';
import { type MemberSlot, memberName } from '../member.ts';
import type { Courier } from './courier.ts';
import { unpackThrown } from './error-wire.ts';
import { MailboxFullError } from './errors.ts';
import { readAddress, writeAddress } from './frame-address.ts';
import {
  addressBytes,
  completeFrame,
  creditFrame,
  creditFrameBytes,
  errorFrame,
  openFrame,
  openHeaderBytes,
  stopFrame,
  valueFrame,
} from './frame-kinds.ts';
import { OpenStream, type StreamConsumer } from './open-stream.ts';
import { checkedTimeout } from './rpc-calls.ts';
import type { RpcTarget } from './rpc-target.ts';
import { StreamIterator, type StreamOpener } from './stream-iterator.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { CallOptions, ServiceStream } from './types.ts';

/** All streams one thread consumes. */
export class StreamCalls {
  readonly #courier: Courier;
  readonly #report: SubscriberFailure;
  readonly #reader = new Reader();
  readonly #wheel: TimerWheel;
  readonly #streams = new Map<number, OpenStream>();
  readonly #stopListening: () => void;
  readonly #address = { slot: 0, generation: 0 };
  #opened = 0;
  #closed = false;

  /** @param report told of what subscribers throw. */
  constructor(courier: Courier, report: SubscriberFailure) {
    this.#courier = courier;
    this.#report = report;
    this.#wheel = new TimerWheel(
      (item) => this.#timeOut(item as OpenStream),
      () => courier.exchange.drain(),
    );
    courier.read(valueFrame, (from, bytes, start, end) => this.#onValue(from, bytes, start, end));
    courier.read(completeFrame, (from, bytes, start, end) => this.#onComplete(from, bytes, start, end));
    courier.read(errorFrame, (from, bytes, start, end) => this.#onError(from, bytes, start, end));
    this.#stopListening = courier.listen({
      onNotSent: (peer, bytes, start, end) => this.#noteNotSent(peer, bytes, start, end),
      onLost: (peer, loss) => this.#lose(peer, `its session ended: ${loss}`, false),
      onUnreachable: (peer, cause) => this.#lose(peer, cause, true),
    });
  }

  get openCount(): number {
    return this.#streams.size;
  }

  /** A cold stream: each subscription and each iteration asks the producer anew. */
  stream(target: RpcTarget, credit: number, input: unknown, options: CallOptions | undefined): ServiceStream<unknown> {
    const observable = new IsolatedObservable((subscriber: Subscriber<unknown>) => {
      const consumer: StreamConsumer = {
        next: (value) => {
          subscriber.next(value);
          return true;
        },
        error: (thrown) => subscriber.error(thrown),
        complete: () => subscriber.complete(),
      };
      const stream = this.#openFor(consumer, target, credit, input, options);
      return stream === undefined ? undefined : () => this.#stop(stream);
    }, this.#report);
    const opener: StreamOpener = {
      open: (consumer) => this.#openFor(consumer, target, credit, input, options),
      consumed: (stream) => this.#noteConsumed(stream),
      stop: (stream) => this.#stop(stream),
    };
    const iterate = (): AsyncIterator<unknown> => new StreamIterator(opener);
    return Object.assign(observable, { [Symbol.asyncIterator]: iterate });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) {
      this.#sendAddress(stopFrame, stream);
      this.#settle(stream);
      stream.consumer.error(new ClosedError('The service client'));
    }
    this.#wheel.close();
    this.#stopListening();
  }

  /** Open a stream, or tell the consumer why that failed. */
  #openFor(
    consumer: StreamConsumer,
    target: RpcTarget,
    credit: number,
    input: unknown,
    options: CallOptions | undefined,
  ): OpenStream | undefined {
    try {
      return this.#start(consumer, target, credit, input, options);
    } catch (error) {
      consumer.error(error);
      return undefined;
    }
  }

  #start(
    consumer: StreamConsumer,
    target: RpcTarget,
    credit: number,
    input: unknown,
    options: CallOptions | undefined,
  ): OpenStream {
    if (this.#closed) throw new ClosedError('The service client');
    const signal = options?.signal;
    if (signal?.aborted) throw signal.reason;
    const timeoutMs = options?.timeoutMs === undefined ? 0 : checkedTimeout(options.timeoutMs);
    if (this.#streams.size >= streamsOpenMax) {
      throw new MailboxFullError("This thread's table of open streams", streamsOpenMax);
    }
    const value = target.admit(input);
    const { slot: peer, deploymentId } = target.service.pick(options?.node);
    this.#opened = (this.#opened + 1) >>> 0;
    const number = this.#opened;
    const stream = new OpenStream(number, number, target, peer, consumer, credit, timeoutMs);
    withWriter(
      (to) => target.input.encode(to, value),
      (payload) => this.#sendOpen(stream, deploymentId, payload),
    );
    this.#streams.set(number, stream);
    if (timeoutMs > 0) this.#wheel.add(stream, timeoutMs);
    if (signal !== undefined) this.#watch(stream, signal);
    return stream;
  }

  #watch(stream: OpenStream, signal: AbortSignal): void {
    const onAbort = (): void => {
      this.#stop(stream);
      stream.consumer.error(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stream.stopAbort = () => signal.removeEventListener('abort', onAbort);
  }

  #sendOpen(stream: OpenStream, deploymentId: number, payload: Uint8Array): void {
    const writer = this.#courier.begin(stream.peer, openHeaderBytes + payload.length);
    writer.room(openHeaderBytes + payload.length);
    const { view, at } = writer;
    view.setUint8(at, openFrame);
    view.setUint8(at + 1, 0);
    view.setUint16(at + 2, stream.target.member, true);
    view.setUint32(at + 4, deploymentId, true);
    view.setUint32(at + 8, stream.slot, true);
    view.setUint32(at + 12, stream.generation, true);
    view.setUint32(at + 16, stream.credit, true);
    writer.bytes.set(payload, at + openHeaderBytes);
    writer.at = at + openHeaderBytes + payload.length;
    this.#courier.end(stream);
  }

  #onValue(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#find(from, bytes, start, end);
    if (stream === undefined) return;
    let value: unknown;
    try {
      value = stream.target.output.decode(this.#reader);
      this.#reader.finish();
    } catch (error) {
      this.#stop(stream);
      stream.consumer.error(error);
      return;
    }
    if (stream.timeoutMs > 0) {
      this.#wheel.remove(stream);
      this.#wheel.add(stream, stream.timeoutMs);
    }
    if (stream.consumer.next(value)) this.#noteConsumed(stream);
  }

  #onComplete(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#find(from, bytes, start, end);
    if (stream === undefined) return;
    this.#settle(stream);
    stream.consumer.complete();
  }

  #onError(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#find(from, bytes, start, end);
    if (stream === undefined) return;
    this.#settle(stream);
    let thrown: unknown;
    try {
      thrown = unpackThrown(bytes.subarray(start + addressBytes, end));
    } catch (error) {
      thrown = error;
    }
    stream.consumer.error(thrown);
  }

  #find(from: MemberSlot, bytes: Uint8Array, start: number, end: number): OpenStream | undefined {
    if (end - start < addressBytes) return undefined;
    this.#reader.open(bytes, start, end);
    readAddress(this.#reader, this.#address);
    const stream = this.#streams.get(this.#address.slot);
    return stream?.peer === from && stream.generation === this.#address.generation ? stream : undefined;
  }

  /** Credit goes back in halves: a frame per value would double the traffic. */
  #noteConsumed(stream: OpenStream): void {
    stream.consumed += 1;
    if (stream.consumed * 2 < stream.credit || this.#streams.get(stream.slot) !== stream) return;
    const writer = this.#courier.begin(stream.peer, creditFrameBytes);
    writeAddress(writer, creditFrame, stream.slot, stream.generation);
    writer.room(4);
    writer.view.setUint32(writer.at, stream.consumed, true);
    writer.at += 4;
    this.#courier.end(undefined, true);
    stream.consumed = 0;
  }

  /** Tell the producer that nobody listens any more. */
  #stop(stream: OpenStream): void {
    if (this.#streams.get(stream.slot) !== stream) return;
    if (stream.sent) this.#sendAddress(stopFrame, stream);
    this.#settle(stream);
  }

  #sendAddress(kind: number, stream: OpenStream): void {
    const writer = this.#courier.begin(stream.peer, addressBytes);
    writeAddress(writer, kind, stream.slot, stream.generation);
    this.#courier.end(undefined, true);
  }

  #settle(stream: OpenStream): void {
    this.#streams.delete(stream.slot);
    this.#wheel.remove(stream);
    stream.stopAbort?.();
    if (stream.waiting === undefined) return;
    stream.waiting.dropped = true;
    stream.waiting.owner = undefined;
  }

  #timeOut(stream: OpenStream): void {
    const node = memberName(stream.peer);
    this.#stop(stream);
    stream.consumer.error(
      new TimeoutError(`The next value of ${stream.target.label} on ${node}`, stream.timeoutMs, { node }),
    );
  }

  #noteNotSent(peer: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] !== openFrame || end - start < openHeaderBytes) return;
    const stream = this.#streams.get(new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(8, true));
    if (stream?.peer === peer) stream.sent = false;
  }

  #lose(peer: MemberSlot, cause: unknown, onlyUnsent: boolean): void {
    for (const stream of [...this.#streams.values()]) {
      if (stream.peer !== peer || (onlyUnsent && stream.sent)) continue;
      this.#settle(stream);
      stream.consumer.error(new NodeDownError(memberName(peer), stream.sent ? 'unknown' : 'not-sent', { cause }));
    }
  }
}
