import type { MessagePort } from 'node:worker_threads';
import type { KeyStore } from '../load/keys.ts';

/** A client's words to the owner: a request with its number, or that a copy is gone. */
export type CacheRequest =
  | { readonly call: number; readonly key: number; readonly value?: string }
  | { readonly gone: number };

/** The owner's words to a client: an answer, or that a copy must go. */
export type CacheAnswer = { readonly call: number; readonly value?: string } | { readonly drop: number };

/** A cache as one writes it by hand: one thread has all values, the others keep copies until they are told to drop them. */
export class PortCache implements KeyStore {
  readonly #port: MessagePort;
  readonly #copies = new Map<number, string>();
  readonly #waiting = new Map<number, (value: string | undefined) => void>();
  /** Copies that were dropped while they were on their way. */
  readonly #dropped = new Set<number>();
  #calls = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (answer: CacheAnswer) => {
      if ('drop' in answer) {
        this.#copies.delete(answer.drop);
        this.#dropped.add(answer.drop);
        this.#say({ gone: answer.drop });
      } else {
        this.#waiting.get(answer.call)?.(answer.value);
        this.#waiting.delete(answer.call);
      }
    });
  }

  read(key: number): string | Promise<string> {
    return this.#copies.get(key) ?? this.#fetch(key);
  }

  write(key: number, value: string): Promise<unknown> {
    return this.#ask({ key, value });
  }

  async #fetch(key: number): Promise<string> {
    this.#dropped.delete(key);
    const value = (await this.#ask({ key })) as string;
    if (!this.#dropped.has(key)) this.#copies.set(key, value);
    return value;
  }

  #ask(request: { key: number; value?: string }): Promise<string | undefined> {
    const call = ++this.#calls;
    return new Promise((resolve) => {
      this.#waiting.set(call, resolve);
      this.#say({ call, ...request });
    });
  }

  #say(request: CacheRequest): void {
    this.#port.postMessage(request);
  }
}
