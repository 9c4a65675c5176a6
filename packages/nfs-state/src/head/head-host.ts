import { EffectBuffer } from '@holdfast/kernel';
import { HoldfastError, type MemberContext, memberName } from '@holdfast/runtime/service';
import { ClaimLostError, LogDamagedError, LogNewerError } from '../errors.ts';
import type { LogEnv } from '../kernel/log-env.ts';
import { logKernel } from '../kernel/log-kernel.ts';
import { logRules } from '../kernel/log-rules.ts';
import type { HeadMessage, LogEvent, LogRequest, LogState } from '../kernel/log-types.ts';
import type { Request } from '../kernel/request.ts';
import type { Mint, NfsState, Reply } from '../kernel/state-types.ts';
import {
  batchContentBytesMax,
  batchRecordsMax,
  coordName,
  storageRetryMs,
  storageRetryMsMax,
  touchedKeysMax,
  touchMs,
} from '../limits.ts';
import type { SegmentLog } from '../log/segment-log.ts';
import { BatchGathering } from './batch-gathering.ts';
import { type Appointment, Election } from './election.ts';
import { type ClientsHost, HeadClients } from './head-clients.ts';
import { HeadHolds } from './head-holds.ts';
import type { PeerWord } from './head-messages.ts';
import { HeadPeers } from './head-peers.ts';
import type { HeadPlace } from './head-service.ts';
import { carryOut } from './log-storage.ts';
import { FollowerClock, ServingRight } from './serving-right.ts';
import type { Answering } from './state-service.ts';

export interface HeadSettings extends Pick<ClientsHost, 'table' | 'leaseMs' | 'clock' | 'requestWaitMs'> {
  /** Slots of the nodes with a head. */
  readonly heads: readonly number[];
  readonly snapshotRecords: number;
}

/** Ids that no other head and no other life of this one mints. */
function mintOf({ slot, incarnation }: MemberContext, state: () => NfsState): Mint {
  // Some ids are this number alone: it names the life as well.
  let minted = (BigInt(incarnation) << 40n) | (BigInt(slot) << 32n);
  return {
    get epoch() {
      return state().epoch;
    },
    node: slot,
    next: () => ++minted,
  };
}

/** The heads that serve, or may, as an appender said. */
interface Serving {
  readonly epoch: number;
  readonly heads: readonly number[];
}

/** A head on its node: runs the log kernel over storage, the channels to other heads and the coordination store. */
export class HeadHost {
  readonly holds = new HeadHolds();
  readonly clients: HeadClients;
  readonly #context: MemberContext;
  readonly #log: SegmentLog;
  readonly #env: LogEnv;
  readonly #state: LogState;
  readonly #out = new EffectBuffer<HeadMessage, Answering, LogRequest>();
  readonly #events: LogEvent[] = [];
  readonly #peers: HeadPeers;
  readonly #election: Election;
  readonly #gathering = new BatchGathering((epoch) => this.#step({ type: 'gathered', epoch }));
  readonly #right = new ServingRight();
  readonly #followers = new FollowerClock();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unwatch: () => void;
  #serving: Serving;
  #damage: Error | undefined;
  #retryMs = storageRetryMs;
  #joinedAtMs = 0;
  #isStepping = false;
  #isClosed = false;

  constructor(context: MemberContext, log: SegmentLog, { heads, snapshotRecords, ...settings }: HeadSettings) {
    const { slot: self, incarnation: life } = context;
    this.#context = context;
    this.#log = log;
    this.#serving = { epoch: 0, heads };
    this.clients = new HeadClients({
      ...settings,
      holds: this.holds,
      name: `${self}.${life}`,
      mint: mintOf(context, () => this.state),
      state: () => this.state,
      askLog: (call, asked) => this.#step({ type: 'request', call, asked }),
      send: (to, word) => this.#peers.send(to, word),
      peers: () => this.#peers.up,
      expired: (client, called) =>
        context.emit({ type: 'nfs-client-expired', node: context.name, client, name: called }),
    });
    const bounds = { batchRecordsMax, batchBytesMax: batchContentBytesMax, touchedKeysMax, snapshotRecords };
    this.#env = { self, life, ...bounds, ...this.clients.service, rules: logRules };
    this.#state = logKernel.initial(this.#env);
    this.#peers = new HeadPeers(context, heads, (from, word) => this.#hear(from, word));
    this.#election = new Election(context.coord, coordName, {
      slot: self,
      life,
      lifeOf: (head) => (head === self ? life : this.#peers.lifeOf(head)),
      onAppointed: (appointment, sentAtMs) => this.#appointed(appointment, sentAtMs),
      onTouch: (sentAtMs) => this.#right.renew(sentAtMs),
    });
    this.#unwatch = context.watchView(() => this.#look(heads));
    this.#timers.push(setInterval(() => this.#touch(), touchMs));
    this.#election.start();
  }

  get state(): NfsState {
    return this.#state.image as NfsState;
  }

  /** Where this head is in the log. */
  get place(): HeadPlace {
    const { phase, epoch, appender, applied } = this.#state;
    const { bytes: logBytes, batches: logBatches } = this.#log.appended;
    return { phase, epoch, appender, serving: this.clients.isServed, applied, logBytes, logBatches };
  }

  /** @throws LogDamagedError, LogNewerError where the log could not be read the last time */
  assertReadable(): void {
    if (this.#damage !== undefined) throw this.#damage;
  }

  /** What a client asks. DELAY where it cannot be said for too long: the client comes again. */
  ask(asking: Request): Promise<Reply> {
    return this.clients.ask(asking);
  }

  /** Leave the log to another head, if this one appends. */
  async standAside(): Promise<void> {
    if (this.#state.phase === 'following') return;
    this.#step({ type: 'lapsed' });
    await this.#election.standAside();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#gathering.end();
    this.#unwatch();
    this.#election.stop();
    this.clients.close();
    await this.#peers.close();
  }

  /** One event at a time, in order: what follows from one may be another. */
  #step(event: LogEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#happen(next);
    } finally {
      this.#isStepping = false;
    }
  }

  #happen(event: LogEvent): void {
    if (this.#isClosed) return;
    const { phase, serving } = this.#state;
    const isLapse = event.type === 'lapsed';
    if (!isLapse && (serving || phase !== 'following') && this.#right.isOver(performance.now())) {
      this.#happen({ type: 'lapsed' });
    }
    if (isLapse) this.#right.end();
    this.#run(event);
    if (isLapse && phase !== 'following') void this.#election.standAside().catch(() => undefined);
  }

  #run(event: LogEvent): void {
    const { serving, phase } = this.#state;
    const out = this.#out;
    out.clear();
    logKernel.step(this.#state, event, this.#env, out);
    if (serving && !this.#state.serving) this.clients.end();
    if (phase !== 'appending' && this.#state.phase === 'appending') {
      this.#context.emit({ type: 'nfs-appender', node: this.#context.name, epoch: this.#state.epoch });
    }
    // What follows from an effect is a later event: nothing else is put into `out` meanwhile.
    for (let at = 0; at < out.length; at++) {
      const { kind, target, message, result, upward } = out.at(at);
      if (kind === 'send') this.#send(target, message!);
      else if (kind === 'reply') this.clients.answered(target, result!);
      else if (kind === 'deliver') this.#doLater(upward!);
    }
    this.#gathering.look(this.#state.queue.length);
    this.clients.lookAtApplied();
    this.#tellWhoServes();
    if (!serving && this.#state.serving) this.clients.begin(this.#othersServing());
  }

  #othersServing(): readonly number[] {
    return this.#serving.heads.filter((head) => head !== this.#context.slot);
  }

  /** Whoever may serve is asked before a client is expired: only the appender knows of all. */
  #tellWhoServes(): void {
    const { phase, epoch, followers } = this.#state;
    if (phase !== 'appending' || this.#isTold()) return;
    const heads = [this.#context.slot, ...followers.map(({ head }) => head)].sort((one, other) => one - other);
    if (!this.#learnServing({ epoch, heads })) return;
    this.#context.emit({ type: 'nfs-heads', node: this.#context.name, heads: heads.map(memberName) });
    for (const { head } of followers) this.#peers.send(head, { type: 'SERVING', ...this.#serving });
  }

  #isTold(): boolean {
    const { epoch, followers } = this.#state;
    const known = this.#serving;
    if (known.epoch !== epoch || known.heads.length !== followers.length + 1) return false;
    return followers.every(({ head }) => known.heads.includes(head));
  }

  #learnServing({ epoch, heads }: Serving): boolean {
    const known = this.#serving;
    if (epoch < known.epoch || (epoch === known.epoch && `${heads}` === `${known.heads}`)) return false;
    this.#serving = { epoch, heads };
    this.clients.view(this.#othersServing());
    return true;
  }

  #send(to: number, message: HeadMessage): void {
    if (message.type === 'JOIN') this.#joinedAtMs = performance.now();
    if (message.type === 'WELCOME') {
      this.#tellWhoServes();
      this.#peers.send(to, { type: 'SERVING', ...this.#serving });
    }
    this.#peers.send(to, message);
  }

  #hear(from: number, word: PeerWord): void {
    if (this.#isClosed) return;
    const state = this.#state;
    switch (word.type) {
      case 'CHANGES':
      case 'LEASES':
        this.clients.hear(from, word);
        break;
      case 'SERVING':
        if (word.epoch >= state.epoch) this.#learnServing(word);
        break;
      case 'TOUCH':
        this.#followers.heard(from, performance.now());
        if (this.#appends() && word.epoch === state.epoch && state.followers.some(({ head }) => head === from)) {
          this.#peers.send(from, { ...word, type: 'TOUCHED', place: this.#log.place });
        }
        break;
      case 'TOUCHED':
        if (word.epoch !== state.epoch || !state.welcome) break;
        this.#right.renew(word.at);
        this.#log.place = word.place ?? this.#log.place;
        break;
      default:
        this.#followers.heard(from, performance.now());
        if (word.type === 'WELCOME') this.#right.renew(this.#joinedAtMs);
        this.#step({ type: 'message', from, message: word });
    }
  }

  #appends(): boolean {
    return this.#state.phase === 'appending' && !this.#right.isOver(performance.now());
  }

  /** Get in touch with the appender, or look for followers that are not. */
  #touch(): void {
    const { phase, welcome, epoch, appender, followers } = this.#state;
    if (phase === 'following') {
      if (welcome) this.#peers.send(appender, { type: 'TOUCH', epoch, at: performance.now() });
      return;
    }
    for (const { head, life } of followers) {
      if (this.#followers.isSilent(head, performance.now())) this.#step({ type: 'fenced', head, life });
    }
  }

  #appointed({ epoch, head, life }: Appointment, sentAtMs: number): void {
    const { slot: self, incarnation } = this.#context;
    if (this.#state.phase !== 'following') this.#step({ type: 'lapsed' });
    if (head === self) {
      // An appointment of an earlier life is nobody's: the place is free.
      if (life !== incarnation) return;
      this.#right.end();
      this.#right.renew(sentAtMs);
    }
    const others = this.#peers.up;
    this.#followers.restart(others, performance.now());
    this.#step({ type: 'appointed', epoch, head, others });
  }

  /** A view says who is gone. */
  #look(heads: readonly number[]): void {
    for (const head of heads) {
      if (head === this.#context.slot || this.#peers.lifeOf(head) !== undefined) continue;
      const known = this.#context.view.members.find(({ slot }) => slot === head);
      if (known !== undefined) this.#step({ type: 'fenced', head, life: known.incarnation });
    }
    void this.#election.look();
  }

  #doLater(request: LogRequest): void {
    if (request.type === 'gather') {
      this.#gathering.begin(request, this.#state.queue.length);
      return;
    }
    if (request.type === 'append') this.#gathering.writes();
    void this.#store(request);
  }

  async #store(request: Exclude<LogRequest, { type: 'gather' }>): Promise<void> {
    try {
      const event = await carryOut(this.#log, request, this.holds);
      this.#retryMs = storageRetryMs;
      if (request.type === 'read') this.#damage = undefined;
      if (event !== undefined) this.#step(event);
    } catch (error) {
      this.#failed(request, error);
    }
  }

  #failed({ type, epoch }: LogRequest, error: unknown): void {
    if (this.#isClosed) return;
    this.#context.log.warn(`the log of the NFS heads: ${type} failed`, { error: String(error) });
    if (type === 'trim') return;
    const isDamaged = error instanceof LogDamagedError || error instanceof LogNewerError;
    if (isDamaged) this.#damage = error;
    const code = error instanceof HoldfastError ? error.code : 'HF_UNEXPECTED';
    if (!(error instanceof ClaimLostError))
      this.#context.emit({ type: 'nfs-log-failed', node: this.#context.name, code });
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(2 * retryMs, storageRetryMsMax);
    const wasAppender = this.#state.phase !== 'following' && this.#state.epoch === epoch;
    setTimeout(() => {
      this.#step({ type: 'storage-failed', epoch });
      if (wasAppender) void this.#election.standAside().catch(() => undefined);
    }, retryMs);
  }
}
