import { setTimeout } from 'node:timers/promises';
import { NodeDownError, type ServiceProxy } from '@holdfast/runtime';
import { Observable } from 'rxjs';
import type { SlotRequest } from '../kernel/request.ts';
import type { Reply } from '../kernel/state-types.ts';
import { headSearchMs, headSearchRestMs } from '../limits.ts';
import { fromText } from '../log/plain-text.ts';
import type { Recall } from './head-recalls.ts';
import type { HeadService } from './head-service.ts';
import type { ClientOperation } from './operation-message.ts';

type HeadProxy = ServiceProxy<typeof HeadService.members>;

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return error instanceof NodeDownError || code === 'HF_UNKNOWN_SERVICE';
}

/** A client's way to heads: one, or whichever of several answers. */
export class NfsClient {
  readonly #proxies: readonly HeadProxy[];
  #at = 0;

  /** @internal */
  constructor(proxies: readonly HeadProxy[]) {
    this.#proxies = proxies;
  }

  /**
   * Ask an operation. Where a head dies before it answered, the next one is asked the same: what has an owner's sequence
   * number or a slot is carried out once, and answered the same.
   * @throws NodeDownError, UnknownServiceError when none of the heads is there, for `headSearchMs`
   */
  async ask(operation: ClientOperation, slot?: SlotRequest): Promise<Reply> {
    const untilMs = performance.now() + headSearchMs;
    for (let tries = 1; ; tries++) {
      const asked = this.#at;
      try {
        const text = await this.#proxies[asked]!.ask({ operation, ...(slot && { slot: { ...slot } }) });
        return fromText(text) as Reply;
      } catch (error) {
        if (!isGone(error) || performance.now() > untilMs) throw error;
        this.#leave(asked);
        if (tries % this.#proxies.length === 0) await setTimeout(headSearchRestMs);
      }
    }
  }

  /**
   * What the client `id` is asked to return, first what it was asked before. A head delegates only to clients that listen
   * to it; where it dies, the next one is listened to, and says again what is not returned yet.
   */
  recalls$(id: string): Observable<Recall> {
    return new Observable((listener) => {
      const ended = new AbortController();
      const { signal } = ended;
      void (async () => {
        while (!signal.aborted) {
          const asked = this.#at;
          try {
            for await (const recall of this.#proxies[asked]!.recalls({ client: id }, { signal })) listener.next(recall);
          } catch (error) {
            if (signal.aborted) return;
            if (!isGone(error)) {
              listener.error(error);
              return;
            }
          }
          this.#leave(asked);
          await setTimeout(headSearchRestMs);
        }
      })();
      return () => ended.abort();
    });
  }

  /** Another one is asked from now on; whoever found that before has turned already. */
  #leave(asked: number): void {
    if (this.#at === asked) this.#at = (asked + 1) % this.#proxies.length;
  }
}
