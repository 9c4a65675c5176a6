import { isApplicable } from '../kernel/late-changes.ts';
import type { LeaseEvent } from '../kernel/lease-types.ts';
import type { LogEnv } from '../kernel/log-env.ts';
import type { Request } from '../kernel/request.ts';
import { applyDelta } from '../kernel/state-deltas.ts';
import type { ClientId, Delta, HeadMemory, Mint, NfsState, Reply } from '../kernel/state-types.ts';
import { outboxMs } from '../limits.ts';
import { clientsApart, leaseEventsOf } from './client-changes.ts';
import type { HeadClock } from './head-clock.ts';
import type { HeadHolds } from './head-holds.ts';
import { HeadLeases } from './head-leases.ts';
import type { PeerWord } from './head-messages.ts';
import { HeadRecalls } from './head-recalls.ts';
import type { PriorityTable } from './priority.ts';
import { RequestDesk } from './request-desk.ts';
import { type Answering, type HeadRequest, StateService } from './state-service.ts';
import { Outbox } from './volatile-changes.ts';

export interface ClientsHost {
  /** Of the head, as it is in this life. */
  readonly name: string;
  readonly mint: Mint;
  readonly table: PriorityTable;
  readonly leaseMs: number;
  readonly requestWaitMs: number;
  /** That leases go by. */
  readonly clock: HeadClock;
  readonly holds: HeadHolds;
  state(): NfsState;
  askLog(call: number, asked: HeadRequest): void;
  /** A client was expired, because this head proposed it; what it called itself. */
  readonly expired: (client: ClientId, name: string) => void;
  send(to: number, word: PeerWord): void;
  /** The other heads that are up. */
  peers(): readonly number[];
}

/** A head towards its clients: what they ask, their leases, what they are asked to return, and what is not in the log. */
export class HeadClients {
  readonly leases: HeadLeases;
  readonly recalls: HeadRecalls;
  /** The state, as the log replicates it. */
  readonly service: Pick<LogEnv, 'plan' | 'apply' | 'save' | 'load' | 'empty' | 'bytesOf' | 'tooLarge'>;
  readonly #host: ClientsHost;
  readonly #desk: RequestDesk;
  /** How often what this head knew was replaced by what is in the log. */
  #replacedTotal = 0;
  readonly #outbox = new Outbox();
  /** Of records that were applied, and not looked at yet. */
  #leaseEvents: LeaseEvent[] = [];
  #applied: Delta[] = [];
  #isReplaced = false;
  #cancelGrace: () => void = () => undefined;

  constructor(host: ClientsHost) {
    const { clock, leaseMs, mint, table, requestWaitMs } = host;
    const state = (): NfsState => host.state();
    this.#host = host;
    this.leases = new HeadLeases({
      clock,
      leaseMs,
      send: (to, message) => host.send(to, { type: 'LEASES', message }),
      wish: (wish) => this.#desk.wish(wish),
    });
    this.recalls = new HeadRecalls({ clock, leaseMs, state, revoke: (type, key) => this.#desk.revoke(type, key) });
    const askLog = (call: number, asked: HeadRequest): void => host.askLog(call, asked);
    this.#desk = new RequestDesk({ leases: this.leases, requestWaitMs, state, askLog, expired: host.expired });
    const self = (): HeadMemory => `${host.name}.${this.#replacedTotal}`;
    const service = new StateService(mint, table, {
      isLapsed: this.leases.isLapsed,
      mustWait: (client) => this.leases.mustWait(client),
      canRecall: this.recalls.canRecall,
      isOpen: () => this.isServed,
      get self() {
        return self();
      },
    });
    this.service = {
      plan: (image, asked) => service.plan(image, asked),
      apply: (image, change) => this.#apply(service, image as NfsState, change as readonly Delta[]),
      save: (image) => service.save(image),
      load: (saved) => {
        this.#isReplaced = true;
        this.#replacedTotal++;
        return service.load(saved);
      },
      empty: () => service.empty(),
      bytesOf: (record) => service.bytesOf(record),
      tooLarge: () => service.tooLarge(),
    };
  }

  /** Whether clients are answered. */
  get isServed(): boolean {
    return this.#desk.isOpen;
  }

  ask(request: Request): Promise<Reply> {
    return this.#desk.ask(request);
  }

  /** The head begins to serve. Before anybody is: leases begin anew, and the other heads hear of it through the log. */
  begin(others: readonly number[]): void {
    this.view(others);
    this.#desk.begin();
    const { clock, leaseMs } = this.#host;
    this.#cancelGrace();
    if (this.#host.state().grace !== undefined) this.#cancelGrace = clock.after(leaseMs, () => this.#desk.endGrace());
  }

  end(): void {
    this.#desk.end();
  }

  /** The other heads that serve, or may. */
  view(others: readonly number[]): void {
    this.leases.step({ type: 'view', heads: others });
  }

  /** What the log says of a call. */
  answered(call: number, answering: Answering): void {
    if (answering.kind === 'reply') {
      this.#changeOwn(answering.volatile);
    }
    this.#desk.answered(call, answering);
  }

  /** Look at the records that were applied. */
  lookAtApplied(): void {
    const [deltas, events, isReplaced] = [this.#applied, this.#leaseEvents, this.#isReplaced];
    this.#applied = [];
    this.#leaseEvents = [];
    this.#isReplaced = false;
    this.#stepLeases(isReplaced ? clientsApart(this.leases.clients, this.#host.state()) : events);
    if (isReplaced) this.recalls.learnAll();
    else this.recalls.learn(deltas);
  }

  hear(from: number, word: Extract<PeerWord, { type: 'CHANGES' | 'LEASES' }>): void {
    if (word.type === 'CHANGES') {
      for (const delta of word.changes) if (isApplicable(this.#host.state(), delta)) this.#change(delta);
      return;
    }
    const { message } = word;
    const { client, round } = message;
    if (message.type === 'PROPOSE') this.leases.step({ type: 'propose', from, client, round });
    else this.leases.step({ type: 'left', from, client, round, left: message.left });
  }

  close(): void {
    this.#cancelGrace();
    this.leases.close();
    this.recalls.close();
    this.#desk.close();
  }

  #apply(service: StateService, state: NfsState, deltas: readonly Delta[]): NfsState {
    for (const delta of deltas) this.#leaseEvents.push(...leaseEventsOf(state, delta));
    this.#applied.push(...deltas);
    return service.apply(state, deltas);
  }

  /** Changes from memory to memory: made here, and sent a little later. */
  #changeOwn(deltas: readonly Delta[]): void {
    if (deltas.length === 0) return;
    for (const delta of deltas) this.#change(delta);
    if (this.#outbox.isEmpty) setTimeout(() => void this.#flushOutbox(), outboxMs);
    this.#outbox.put(deltas);
  }

  #change(delta: Delta): void {
    const state = this.#host.state();
    const events = [...leaseEventsOf(state, delta)];
    applyDelta(state, delta);
    this.#stepLeases(events);
  }

  async #flushOutbox(): Promise<void> {
    await this.#host.holds.pass('outbox');
    const changes = this.#outbox.take();
    for (const head of this.#host.peers()) this.#host.send(head, { type: 'CHANGES', changes });
  }

  #stepLeases(events: Iterable<LeaseEvent>): void {
    for (const event of events) {
      this.leases.step(event);
      if (event.type === 'gone') this.#desk.gone(event.client);
    }
  }
}
