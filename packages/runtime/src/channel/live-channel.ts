import { BehaviorSubject } from 'rxjs/internal/BehaviorSubject';
import type { Subscriber } from 'rxjs/internal/Subscriber';
import { MessageTooLargeError } from '../codec/errors.ts';
import { IsolatedObservable, type SubscriberFailure } from '../events/isolated-observable.ts';
import type { Exchange, PortNumber, TrafficClass } from '../exchange/types.ts';
import { channelSendsWaitingMax, channelUnheardMax, frameBytesMax } from '../limits.ts';
import { type MemberSlot, memberName } from '../member.ts';
import { MailboxFullError } from '../service/errors.ts';
import { ChannelClosedError } from './errors.ts';
import { Inbox } from './inbox.ts';
import { type MessageForm, messageForm } from './message-form.ts';
import type { Channel, ChannelOptions, ChannelSchema, ChannelStatus } from './types.ts';

/** What a channel asks of the table it is in. */
export interface ChannelOwner {
  /** This end sends nothing more and wants to hear nothing more. */
  leave(channel: LiveChannel): void;
  /** A message from the peer could not be taken: close the channel because of it. */
  fail(channel: LiveChannel, error: Error): void;
  readonly report: SubscriberFailure;
}

interface WaitingSend {
  readonly bytes: Uint8Array;
  readonly done: PromiseWithResolvers<void>;
}

/** One end of a channel. */
export class LiveChannel implements Channel<unknown, unknown> {
  readonly name: string;
  readonly peer: string;
  readonly peerSlot: MemberSlot;
  readonly port: PortNumber;
  readonly trafficClass: TrafficClass;
  readonly form: MessageForm;
  /** What both ends must have in common. */
  readonly agreement: string;
  readonly status$: IsolatedObservable<ChannelStatus>;
  /** Where the peer listens; 0 until it has said so. */
  peerPort: PortNumber = 0;
  readonly #exchange: Exchange;
  readonly #owner: ChannelOwner;
  readonly #inbox: Inbox;
  readonly #statuses = new BehaviorSubject<ChannelStatus>({ state: 'opening' });
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #sends: WaitingSend[] = [];
  #state: ChannelStatus['state'] = 'opening';
  /** The window was full when last tried; the exchange tells when it is not. */
  #refused = false;
  #writable: PromiseWithResolvers<void> | undefined;
  #reader: ((bytes: Uint8Array, start: number, end: number) => void) | undefined;

  constructor(
    exchange: Exchange,
    owner: ChannelOwner,
    peer: MemberSlot,
    port: PortNumber,
    { name, schema, trafficClass }: Required<ChannelOptions<ChannelSchema>>,
  ) {
    this.#exchange = exchange;
    this.#owner = owner;
    this.name = name;
    this.peerSlot = peer;
    this.peer = memberName(peer);
    this.port = port;
    this.trafficClass = trafficClass;
    this.form = messageForm(name, schema);
    this.agreement = `${trafficClass}:${this.form.hash}`;
    this.#inbox = new Inbox(owner.report);
    this.status$ = new IsolatedObservable((subscriber: Subscriber<ChannelStatus>) => {
      const subscription = this.#statuses.subscribe(subscriber);
      return () => subscription.unsubscribe();
    }, owner.report);
    // Whoever does not ask hears of a close by status$; it must not count as unhandled.
    this.#opened.promise.catch(() => {});
  }

  get status(): ChannelStatus {
    return this.#statuses.value;
  }

  get in$(): IsolatedObservable<unknown> {
    return this.#inbox.messages$;
  }

  opened(): Promise<void> {
    return this.#opened.promise;
  }

  send(message: unknown): Promise<void> {
    try {
      const bytes = this.form.encode(message);
      this.#assertNotClosed();
      if (this.#sends.length === 0 && this.#transmit(bytes)) return Promise.resolve();
      if (this.#sends.length === channelSendsWaitingMax) {
        throw new MailboxFullError(`The queue of channel ${this.name}`, channelSendsWaitingMax, { node: this.peer });
      }
      const done = Promise.withResolvers<void>();
      this.#sends.push({ bytes: bytes.slice(), done });
      return done.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  trySend(message: unknown): boolean {
    return this.sendBytes(this.form.encode(message));
  }

  sendBytes(bytes: Uint8Array): boolean {
    if (bytes.length > frameBytesMax) throw new MessageTooLargeError(bytes.length, frameBytesMax);
    if (this.#sends.length === 0 && this.#transmit(bytes)) return true;
    this.#assertNotClosed();
    return false;
  }

  writable(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(this.#closedError());
    if (this.#state === 'open' && !this.#refused) return Promise.resolve();
    this.#writable ??= Promise.withResolvers<void>();
    return this.#writable.promise;
  }

  readBytes(reader: (bytes: Uint8Array, start: number, end: number) => void): () => void {
    this.#reader = reader;
    return () => {
      if (this.#reader === reader) this.#reader = undefined;
    };
  }

  close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#flushSends();
      this.#owner.leave(this);
      this.#end(undefined);
    }
    return this.#closed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal the peer listens there: messages may flow */
  open(peerPort: PortNumber): void {
    this.peerPort = peerPort;
    this.#state = 'open';
    this.#statuses.next({ state: 'open' });
    this.#opened.resolve();
    this.goOn();
  }

  /** @internal there may be room again */
  goOn(): void {
    if (this.#state !== 'open') return;
    this.#refused = false;
    this.#flushSends();
    if (this.#sends.length === 0 && this.#writable !== undefined) this.#tellWritable();
  }

  /** @internal */
  failedOver(link: string): void {
    if (this.#state === 'open') this.#statuses.next({ state: 'open', link });
  }

  /** @internal a frame for this end's port */
  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state !== 'open') return;
    if (this.#reader !== undefined) {
      this.#reader(bytes, start, end);
      return;
    }
    try {
      if (this.#inbox.add(this.form.decode(bytes, start, end))) return;
      const why = `${channelUnheardMax} messages came and nobody subscribed to in$`;
      this.#owner.fail(this, new ChannelClosedError(this.name, why));
    } catch (error) {
      this.#owner.fail(this, error as Error);
    }
  }

  /** @internal the peer closed its end, or died, or something is wrong */
  closedBy(error: Error | undefined): void {
    if (this.#state !== 'closed') this.#end(error);
    this.settled();
  }

  /** @internal nothing more is on its way in either direction */
  settled(): void {
    this.#closed.resolve();
  }

  #transmit(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    const space = this.#exchange.begin(this.peerSlot, this.trafficClass, this.peerPort, bytes.length);
    if (space === undefined) {
      this.#refused = true;
      return false;
    }
    space.bytes.set(bytes, space.start);
    this.#exchange.commit(bytes.length);
    return true;
  }

  #flushSends(): void {
    let sent = 0;
    while (sent < this.#sends.length && this.#transmit(this.#sends[sent]!.bytes)) {
      this.#sends[sent]!.done.resolve();
      sent += 1;
    }
    this.#sends.splice(0, sent);
  }

  #tellWritable(): void {
    this.#writable?.resolve();
    this.#writable = undefined;
  }

  #end(error: Error | undefined): void {
    this.#state = 'closed';
    this.#statuses.next(error === undefined ? { state: 'closed' } : { state: 'closed', error });
    this.#statuses.complete();
    const reason = this.#closedError();
    this.#opened.reject(reason);
    for (const { done } of this.#sends.splice(0)) done.reject(reason);
    this.#writable?.promise.catch(() => {});
    this.#writable?.reject(reason);
    this.#writable = undefined;
    this.#inbox.end(error);
  }

  #assertNotClosed(): void {
    if (this.#state === 'closed') throw this.#closedError();
  }

  #closedError(): Error {
    const { status } = this;
    const cause = status.state === 'closed' ? status.error : undefined;
    const why = cause === undefined ? 'one of its ends closed it' : cause.message;
    return new ChannelClosedError(this.name, why, { node: this.peer, ...(cause === undefined ? {} : { cause }) });
  }
}
