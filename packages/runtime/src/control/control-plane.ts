import type { MessagePort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { ClosedError, ConfigError } from '../errors.ts';
import { comlinkEndpoint } from './comlink-endpoint.ts';
import { withTimeout } from './deadline.ts';
import { type Outcome, unwrap } from './error-wire.ts';
import type { SupervisorApi } from './supervisor-api.ts';

export type SupervisorCall<Value> = (supervisor: Comlink.Remote<SupervisorApi>) => Promise<Outcome<Value>>;

/**
 * The embedding thread's end of the control plane. Comlink leaves a call pending for ever when the other side is gone,
 * so each is raced with the supervisor's exit and a time-out.
 */
export class ControlPlane {
  readonly #port: MessagePort;
  readonly #remote: Comlink.Remote<SupervisorApi>;
  #ended = false;
  readonly #over = Promise.withResolvers<never>();

  constructor(port: MessagePort) {
    this.#port = port;
    this.#remote = Comlink.wrap<SupervisorApi>(comlinkEndpoint(port));
    // Calls that race hear of it; without any nobody has to.
    this.#over.promise.catch(() => undefined);
  }

  /**
   * @param what the call as a message names it
   * @throws the supervisor's error; TimeoutError after `timeoutMs`; what {@link end} was given when it is gone
   */
  async call<Value>(what: string, timeoutMs: number, call: SupervisorCall<Value>): Promise<Value> {
    if (this.#ended) return this.#over.promise;
    const answer = Promise.race([call(this.#remote), this.#over.promise]);
    try {
      return unwrap(await withTimeout(answer, timeoutMs, what));
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'DataCloneError') throw error;
      const hint = 'Pass plain data: no functions, no class instances with behaviour.';
      throw new ConfigError(`${what}: an argument cannot be cloned.`, { hint, cause: error });
    }
  }

  /** The other side is gone, or this one goes: every call from now on rejects with `error`. */
  end(error: Error = new ClosedError('The cluster')): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.reject(error);
    this.#remote[Comlink.releaseProxy]();
    this.#port.close();
  }
}
