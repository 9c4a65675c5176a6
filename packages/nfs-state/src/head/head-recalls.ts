import { Observable, type Subscriber } from 'rxjs';
import type { ClientId, Delta, NfsState, Stateid, StateKey } from '../kernel/state-types.ts';
import type { HeadClock } from './head-clock.ts';

/** What a client is asked to return: CB_RECALL and CB_LAYOUTRECALL (RFC 8881, 20.2 and 20.3). */
export interface Recall {
  readonly type: 'delegation' | 'layout';
  readonly stateid: Stateid;
  readonly file: string;
}

export interface RecallHost {
  readonly clock: HeadClock;
  readonly leaseMs: number;
  state(): NfsState;
  /** It was not returned for a lease. */
  revoke(type: Recall['type'], key: StateKey): void;
}

/**
 * The callbacks of a head. Which client was asked for what is in the log: the head that a client listens to says so, whichever
 * asked, and says it again to whoever listens anew. Every head counts a lease from when it learnt of it, and then takes
 * what is still there: only the first of them changes anything.
 */
export class HeadRecalls {
  readonly #host: RecallHost;
  readonly #listeners = new Map<ClientId, Set<Subscriber<Recall>>>();
  readonly #due = new Map<StateKey, () => void>();

  constructor(host: RecallHost) {
    this.#host = host;
  }

  /** Whether a client listens here, so that it can be asked back what it is delegated. */
  readonly canRecall = (client: ClientId): boolean => this.#listeners.has(client);

  /** What the client is asked to return from now on, and what it has not returned yet. */
  listen(client: ClientId): Observable<Recall> {
    return new Observable((listener) => {
      const listeners = this.#listeners.get(client) ?? new Set();
      this.#listeners.set(client, listeners.add(listener));
      for (const { recall, of } of recallsIn(this.#host.state())) if (of === client) listener.next(recall);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(client) === listeners) this.#listeners.delete(client);
      };
    });
  }

  /** Deltas were applied. */
  learn(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      const key =
        delta.type === 'delegation' ? delta.delegation.key : delta.type === 'layout' ? delta.layout.key : undefined;
      const found = key === undefined ? undefined : recallOf(this.#host.state(), key);
      if (found !== undefined) this.#asked(found);
    }
  }

  /** The state is another one. */
  learnAll(): void {
    for (const found of recallsIn(this.#host.state())) this.#asked(found);
  }

  close(): void {
    for (const cancel of this.#due.values()) cancel();
    for (const listener of [...this.#listeners.values()].flatMap((each) => [...each])) listener.complete();
  }

  #asked({ recall, of, isTakenHere }: Found): void {
    const { key } = recall.stateid;
    if (this.#due.has(key)) return;
    const { clock, leaseMs } = this.#host;
    this.#due.set(
      key,
      clock.after(leaseMs, () => {
        this.#due.delete(key);
        if (isTakenHere && recallOf(this.#host.state(), key) !== undefined) this.#host.revoke(recall.type, key);
      }),
    );
    for (const listener of this.#listeners.get(of) ?? []) listener.next(recall);
  }
}

interface Found {
  readonly recall: Recall;
  readonly of: ClientId;
  readonly isTakenHere: boolean;
}

function recallOf({ delegations, layouts }: NfsState, key: StateKey): Found | undefined {
  const delegation = delegations.get(key);
  if (delegation?.recalled === true) {
    const { file, client: of } = delegation;
    return { recall: { type: 'delegation', stateid: { key, seqid: 1 }, file }, of, isTakenHere: true };
  }
  const layout = layouts.get(key);
  if (layout?.recalledAt === undefined) return undefined;
  const { file, client: of, recalledAt: seqid, isTakenByAsker = false } = layout;
  return { recall: { type: 'layout', stateid: { key, seqid }, file }, of, isTakenHere: !isTakenByAsker };
}

function* recallsIn(state: NfsState): Generator<Found> {
  for (const key of [...state.delegations.keys(), ...state.layouts.keys()]) {
    const found = recallOf(state, key);
    if (found !== undefined) yield found;
  }
}
