import { withTimeout } from '../control/deadline.ts';
import { unwrap } from '../control/error-wire.ts';
import { ClosedError } from '../errors.ts';
import { controlMsDefault } from '../limits.ts';
import { checkKey, checkLeaseTtl, checkRange, checkTransaction } from './checks.ts';
import { RemoteWatch } from './remote-watch.ts';
import type { StoreAnswer, StoreCall, StoreRequest } from './store-calls.ts';
import type {
  CoordEntry,
  CoordStore,
  KeyRange,
  Lease,
  LeaseId,
  RangeResult,
  Revision,
  Transaction,
  TransactionResult,
  WatchBatch,
} from './types.ts';

/** What calls under way are told at the close. */
const closing = Symbol('closing');

/** The coordination store as a member reaches it: every call goes to the supervisor's thread, in order. */
export class RemoteStore implements CoordStore {
  readonly #post: (request: StoreRequest) => void;
  readonly #waiting = new Map<number, (answer: StoreAnswer | typeof closing) => void>();
  readonly #watches = new Set<RemoteWatch>();
  #lastRequest = 0;
  #closed = false;

  /** @param post sends a request; {@link RemoteStore.answer} is told the answer */
  constructor(post: (request: StoreRequest) => void) {
    this.#post = post;
  }

  async get(key: string): Promise<CoordEntry | undefined> {
    checkKey(key);
    return this.#call({ op: 'get', key });
  }

  async range(range: KeyRange, limit?: number): Promise<RangeResult> {
    checkRange(range);
    return this.#call({ op: 'range', range, limit });
  }

  compareAndSet(
    key: string,
    expected: Revision,
    value: Uint8Array | undefined,
    { lease }: { readonly lease?: LeaseId } = {},
  ): Promise<TransactionResult> {
    const put = { put: key, ...(lease === undefined ? {} : { lease }) };
    const operation = value === undefined ? { delete: key } : { ...put, value };
    return this.transact({ when: [{ key, modRevision: expected }], write: [operation] });
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    checkTransaction(transaction);
    const when = transaction.when.map((each) => ('value' in each ? { ...each, value: ownBytes(each.value) } : each));
    const write = transaction.write.map((each) => ('put' in each ? { ...each, value: ownBytes(each.value) } : each));
    return this.#call({ op: 'transact', transaction: { when, write } });
  }

  watch(
    range: KeyRange,
    { from, signal }: { readonly from?: Revision; readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<WatchBatch> {
    checkRange(range);
    this.#refuseWhenClosed();
    const watch = new RemoteWatch(
      (call) => this.#ask(call),
      range,
      from,
      (ended) => {
        this.#watches.delete(ended);
        signal?.removeEventListener('abort', abort);
      },
    );
    const abort = () => watch.end();
    this.#watches.add(watch);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    return watch;
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    checkLeaseTtl(ttlMs);
    const { id, ttlMs: granted } = await this.#call<{ readonly id: LeaseId; readonly ttlMs: number }>({
      op: 'grant',
      ttlMs,
    });
    return {
      id,
      ttlMs: granted,
      renew: () => this.#call({ op: 'renew', lease: id }),
      revoke: () => this.#call({ op: 'revoke', lease: id }),
    };
  }

  /** The supervisor answered. */
  answer(answer: StoreAnswer): void {
    this.#waiting.get(answer.request)?.(answer);
  }

  /** This member's part ends; the store itself is the cluster's. */
  async close(): Promise<void> {
    if (this.#closed) return;
    for (const watch of [...this.#watches]) watch.end();
    this.#closed = true;
    for (const settle of [...this.#waiting.values()]) settle(closing);
  }

  #call<Value>(call: StoreCall): Promise<Value> {
    return withTimeout(this.#ask<Value>(call), controlMsDefault, 'The coordination store');
  }

  async #ask<Value>(call: StoreCall): Promise<Value> {
    this.#refuseWhenClosed();
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    const { promise, resolve } = Promise.withResolvers<StoreAnswer | typeof closing>();
    this.#waiting.set(request, resolve);
    try {
      this.#post({ request, call });
      const answer = await promise;
      if (answer === closing) throw new ClosedError('The coordination store');
      return unwrap(answer.outcome) as Value;
    } finally {
      this.#waiting.delete(request);
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new ClosedError('The coordination store');
  }
}

/** A copy that carries nothing but these bytes: a view would take its whole buffer along. */
function ownBytes(value: Uint8Array): Uint8Array {
  return new Uint8Array(value);
}
