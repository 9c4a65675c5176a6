import type { LeaseWish } from '../kernel/lease-types.ts';
import type { Request } from '../kernel/request.ts';
import { clientOf } from '../kernel/request-client.ts';
import type { ClientId, NfsState, Reply, StateKey } from '../kernel/state-types.ts';
import type { HeadLeases } from './head-leases.ts';
import type { Answering, HeadRequest } from './state-service.ts';

type OwnOperation = Extract<HeadRequest, { by: 'head' }>['operation'];

interface OwnRequest {
  readonly operation: OwnOperation;
  /** What the client that it is about calls itself. */
  readonly name: string;
}

/** A request of a client until it is answered. */
interface Visit {
  readonly request: Request;
  insists: boolean;
  isAnswered: boolean;
  /** Where it waits. */
  place: Set<Visit> | undefined;
  readonly answer: (reply: Reply) => void;
}

export interface DeskHost {
  readonly leases: HeadLeases;
  readonly requestWaitMs: number;
  state(): NfsState;
  askLog(call: number, asked: HeadRequest): void;
  /** It was, because this head proposed it. */
  readonly expired: (client: ClientId, name: string) => void;
}

const delay: Reply = { status: 'DELAY', isUndecided: true };

/**
 * What clients ask of a head, and what the head asks of itself for the leases: each goes to the log, and waits here where
 * that says that something has to happen first.
 */
export class RequestDesk {
  readonly #host: DeskHost;
  readonly #visits = new Map<number, Visit>();
  readonly #own = new Map<number, OwnRequest>();
  /** Those that wait until this head serves. */
  readonly #atTheDoor = new Set<Visit>();
  /** Those that wait until a client is kept or gone, or the heads agreed about it. */
  readonly #waiting = new Map<ClientId, Set<Visit>>();
  #calls = 0;
  #isOpen = false;
  #restart: number | undefined;

  constructor(host: DeskHost) {
    this.#host = host;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What a client asks. DELAY where it cannot be said for too long: the client comes again. */
  async ask(request: Request): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const visit: Visit = { request, insists: false, isAnswered: false, place: undefined, answer: resolve };
    const late = setTimeout(() => resolve(delay), this.#host.requestWaitMs);
    this.#enter(visit);
    try {
      return await promise;
    } finally {
      visit.isAnswered = true;
      visit.place?.delete(visit);
      clearTimeout(late);
    }
  }

  /** This head serves from now on, as soon as the log says that leases begin anew here. */
  begin(): void {
    this.#restart = this.#askOwn({ type: 'restart-leases' });
  }

  /** It serves nothing. */
  end(): void {
    this.#isOpen = false;
    this.#restart = undefined;
  }

  /** What the log says of a call. */
  answered(call: number, answering: Answering): void {
    const own = this.#own.get(call);
    if (own !== undefined) {
      this.#own.delete(call);
      if (answering.kind === 'reply') this.#done(call, own, answering.reply);
      return;
    }
    const visit = this.#visits.get(call);
    this.#visits.delete(call);
    if (visit === undefined) return;
    if (answering.kind === 'reply') visit.answer(answering.reply);
    else if (answering.client === undefined) this.#wait(visit, this.#atTheDoor);
    else if (answering.kind === 'later') this.#wait(visit, this.#waitingFor(answering.client));
    else this.#expireFirst(visit, answering.client);
  }

  /** What the leases want. */
  wish(wish: LeaseWish): void {
    if (wish.type === 'stays') {
      this.#again(wish.client, true);
      return;
    }
    this.#askOwn(wish, this.#host.state().clients.get(wish.client)?.name);
  }

  /** It was asked back and not returned. */
  revoke(type: 'delegation' | 'layout', key: StateKey): void {
    this.#askOwn({ type: `${type}-revoke`, key });
  }

  endGrace(): void {
    this.#askOwn({ type: 'end-grace' });
  }

  /** The client is gone: what waited for that is decided anew. */
  gone(client: ClientId): void {
    this.#again(client, false);
  }

  close(): void {
    for (const each of [this.#visits.values(), this.#atTheDoor, ...this.#waiting.values()]) {
      for (const { answer } of each) answer(delay);
    }
  }

  /** Whoever asks renews its lease. */
  #enter(visit: Visit): void {
    if (!this.#isOpen) {
      this.#wait(visit, this.#atTheDoor);
      return;
    }
    const { leases, state } = this.#host;
    const client = clientOf(state(), visit.request);
    const renews = client !== undefined && (leases.isDue(client) || visit.request.operation.type === 'renew');
    if (client !== undefined) leases.step({ type: 'heard', client });
    this.#ask(visit, renews);
  }

  #ask(visit: Visit, renews: boolean): void {
    if (visit.isAnswered) return;
    const call = ++this.#calls;
    const { request, insists } = visit;
    this.#visits.set(call, visit);
    this.#host.askLog(call, { by: 'client', request, renews, insists });
  }

  #askOwn(operation: OwnOperation, name = ''): number {
    const call = ++this.#calls;
    this.#own.set(call, { operation, name });
    this.#host.askLog(call, { by: 'head', operation });
    return call;
  }

  #done(call: number, { operation, name }: OwnRequest, { status }: Reply): void {
    const { leases } = this.#host;
    switch (operation.type) {
      case 'restart-leases':
        if (call === this.#restart) this.#open();
        break;
      case 'expire':
        if (status === 'OK') this.#host.expired(operation.client, name);
        else leases.step({ type: 'expiry-refused', client: operation.client });
        break;
      case 'keep':
        if (status === 'OK') {
          leases.step({ type: 'kept', client: operation.client });
          this.#again(operation.client, false);
        }
        break;
    }
  }

  #open(): void {
    this.#isOpen = true;
    const waiting = [...this.#atTheDoor];
    this.#atTheDoor.clear();
    for (const visit of waiting) this.#enter(visit);
  }

  #wait(visit: Visit, place: Set<Visit>): void {
    visit.place = place;
    place.add(visit);
  }

  #waitingFor(client: ClientId): Set<Visit> {
    let waiting = this.#waiting.get(client);
    if (waiting === undefined) {
      waiting = new Set();
      this.#waiting.set(client, waiting);
    }
    return waiting;
  }

  #expireFirst(visit: Visit, client: ClientId): void {
    const state = this.#host.state();
    const found = state.clients.get(client);
    if (found === undefined) {
      this.#ask(visit, false);
      return;
    }
    this.#wait(visit, this.#waitingFor(client));
    this.#host.leases.step({ type: 'in-the-way', client, kept: found.kept, restarts: state.restarts });
  }

  #again(client: ClientId, stays: boolean): void {
    const waiting = [...(this.#waiting.get(client) ?? [])];
    this.#waiting.delete(client);
    for (const visit of waiting) {
      visit.insists ||= stays;
      this.#ask(visit, false);
    }
  }
}
