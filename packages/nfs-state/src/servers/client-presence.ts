import { renewMs, returnMs } from '../limits.ts';
import type { ClientDesk } from './client-desk.ts';
import type { ServerWord } from './messages.ts';
import { WordQueue } from './word-queue.ts';

/**
 * Which clients listen. Their leases are renewed; one that does not listen any more, or not yet after another server died,
 * has `returnMs` to come back before its lease is ended.
 */
export class ClientPresence {
  readonly #desk: Pick<ClientDesk, 'clients' | 'renew'>;
  readonly #end: (client: string) => Promise<void>;
  readonly #listening = new Map<string, WordQueue>();
  readonly #awaited = new Map<string, NodeJS.Timeout>();
  readonly #renewing: NodeJS.Timeout;
  #isStopped = false;

  constructor(desk: Pick<ClientDesk, 'clients' | 'renew'>, end: (client: string) => Promise<void>) {
    this.#desk = desk;
    this.#end = end;
    for (const client of desk.clients()) this.#await(client);
    // The heads, or the end of this server's term, may say no: the next time comes, or another server.
    this.#renewing = setInterval(() => void this.#renew().catch(() => undefined), renewMs);
    this.#renewing.unref();
  }

  /** The client listens, here and nowhere else. */
  arrived(client: string): WordQueue {
    this.#listening.get(client)?.end();
    this.#stopWaiting(client);
    const queue = new WordQueue();
    this.#listening.set(client, queue);
    return queue;
  }

  left(client: string, queue: WordQueue): void {
    if (this.#listening.get(client) !== queue) return;
    this.#listening.delete(client);
    this.#await(client);
  }

  say(client: string, word: ServerWord): void {
    this.#listening.get(client)?.say(word);
  }

  /** Its lease has ended: it hears nothing more, and begins anew. */
  forget(client: string): void {
    const queue = this.#listening.get(client);
    this.#listening.delete(client);
    this.#stopWaiting(client);
    queue?.end();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#renewing);
    for (const client of [...this.#awaited.keys()]) this.#stopWaiting(client);
    for (const queue of this.#listening.values()) queue.end();
  }

  #await(client: string): void {
    if (this.#isStopped) return;
    const over = (): void => {
      this.#awaited.delete(client);
      this.#end(client).catch(() => {
        // The heads could not say so: another time they will.
        if (!this.#listening.has(client)) this.#await(client);
      });
    };
    const timer = setTimeout(over, returnMs);
    timer.unref();
    this.#awaited.set(client, timer);
  }

  #stopWaiting(client: string): void {
    clearTimeout(this.#awaited.get(client));
    this.#awaited.delete(client);
  }

  async #renew(): Promise<void> {
    for (const [client, queue] of [...this.#listening]) {
      if (!(await this.#desk.renew(client)) && this.#listening.get(client) === queue) queue.end();
    }
  }
}
