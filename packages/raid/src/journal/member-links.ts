import { linkRetryMs } from '../limits.ts';
import type { ConnectIom, IomLink } from './iom-link.ts';
import { PartsReceived, sendInParts } from './link-parts.ts';
import { messagesIn } from './message-batch.ts';

/** What is told of the links of one I/O manager. */
export interface MemberLinksListener {
  changed(member: number, up: boolean): void;
  /** `bytes` are valid during the call. */
  message(member: number, bytes: Uint8Array): void;
  /** What came from a member is no message. */
  garbled(error: unknown): void;
}

/**
 * The links of one I/O manager to those of the members that the view counts. One that ends although both its ends are in
 * the view is begun anew, until it is up or the view says that the member is gone.
 */
export class MemberLinks {
  readonly #connect: ConnectIom;
  readonly #name: string;
  readonly #self: number;
  readonly #began: number;
  readonly #listener: MemberLinksListener;
  /** Members of the view, and the view that each of them came with. */
  readonly #joined = new Map<number, number>();
  readonly #links = new Map<number, IomLink>();
  readonly #retries = new Map<number, NodeJS.Timeout>();

  /** @param began the view that this I/O manager came with. */
  constructor(connect: ConnectIom, name: string, self: number, began: number, listener: MemberLinksListener) {
    this.#connect = connect;
    this.#name = name;
    this.#self = self;
    this.#began = began;
    this.#listener = listener;
  }

  /** A new view: links to those who came, none to those who went. */
  enter(epoch: number, live: readonly number[]): void {
    for (const member of [...this.#joined.keys()]) if (!live.includes(member)) this.#end(member);
    for (const member of live) {
      if (member === this.#self || this.#joined.has(member)) continue;
      this.#joined.set(member, epoch);
      this.#open(member);
    }
  }

  /** Never waits; where there is no link nothing is sent. */
  send(member: number, bytes: Uint8Array): void {
    const link = this.#links.get(member);
    if (link !== undefined) sendInParts(link, bytes);
  }

  close(): void {
    for (const member of [...this.#joined.keys()]) this.#end(member);
  }

  #open(member: number): void {
    // Both ends know when the later of the two came.
    const name = `${this.#name} ${Math.max(this.#began, this.#joined.get(member)!)}`;
    // A link whose other end was there first says so before it is handed to us.
    const early: (() => void)[] = [];
    let link: IomLink | undefined;
    const received = new PartsReceived();
    const whenOurs = (tell: (ours: IomLink) => void) => {
      if (link === undefined) early.push(() => tell(link!));
      else tell(link);
    };
    try {
      link = this.#connect(member, name, {
        up: () => whenOurs(() => this.#listener.changed(member, true)),
        message: (bytes) => this.#take(member, received, bytes),
        down: () => whenOurs((ours) => this.#lost(member, ours)),
      });
    } catch {
      this.#retry(member);
      return;
    }
    this.#links.set(member, link);
    for (const tell of early) tell();
  }

  #take(member: number, received: PartsReceived, bytes: Uint8Array): void {
    try {
      const whole = received.take(bytes);
      if (whole === undefined) return;
      for (const message of messagesIn(whole)) {
        // What one of them says may end the link.
        if (this.#joined.has(member)) this.#listener.message(member, message);
      }
    } catch (error) {
      this.#listener.garbled(error);
    }
  }

  #lost(member: number, link: IomLink): void {
    if (this.#links.get(member) !== link) return;
    this.#links.delete(member);
    link.close();
    this.#listener.changed(member, false);
    this.#retry(member);
  }

  #retry(member: number): void {
    const timer = setTimeout(() => {
      this.#retries.delete(member);
      this.#open(member);
    }, linkRetryMs);
    timer.unref();
    this.#retries.set(member, timer);
  }

  #end(member: number): void {
    this.#joined.delete(member);
    clearTimeout(this.#retries.get(member));
    this.#retries.delete(member);
    const link = this.#links.get(member);
    if (link === undefined) return;
    this.#links.delete(member);
    link.close();
    this.#listener.changed(member, false);
  }
}
