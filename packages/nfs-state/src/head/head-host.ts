import { EffectBuffer } from '@holdfast/kernel';
import type { MemberContext } from '@holdfast/runtime/service';
import { logKernel } from '../kernel/log-kernel.ts';
import { logRules } from '../kernel/log-rules.ts';
import type { Answer, HeadMessage, LogEnv, LogEvent, LogRequest, LogState } from '../kernel/log-types.ts';
import type { Request } from '../kernel/plan-record.ts';
import { applyDelta } from '../kernel/state-deltas.ts';
import type { Delta, Mint, NfsState, Reply } from '../kernel/state-types.ts';
import { batchRecordsMax, outboxMs, requestWaitMs, storageRetryMs, touchedKeysMax, touchMs } from '../limits.ts';
import type { SegmentLog } from '../log/segment-log.ts';
import { type Appointment, Election } from './election.ts';
import { HeadHolds } from './head-holds.ts';
import type { PeerWord } from './head-messages.ts';
import { HeadPeers } from './head-peers.ts';
import type { PriorityTable } from './priority.ts';
import { FollowerClock, ServingRight } from './serving-right.ts';
import { type Answering, StateService } from './state-service.ts';
import { isApplicable, Outbox } from './volatile-changes.ts';

export interface HeadSettings {
  /** Slots of the nodes with a head. */
  readonly heads: readonly number[];
  readonly table: PriorityTable;
  readonly snapshotRecords: number;
}

const coordName = 'holdfast-nfs-state';
/** Raised when the cluster lost all state, which needs a log that is lost. */
const stateEpoch = 1;

/** Ids that no other head and no other life of this one mints. */
function mintOf({ slot, incarnation }: MemberContext): Mint {
  // Some ids are this number alone: it names the life as well.
  let minted = (BigInt(incarnation) << 40n) | (BigInt(slot) << 32n);
  return { epoch: stateEpoch, node: slot, next: () => ++minted };
}

/** A head on its node: runs the log kernel over storage, the channels to other heads and the coordination store. */
export class HeadHost {
  readonly holds = new HeadHolds();
  readonly #context: MemberContext;
  readonly #log: SegmentLog;
  readonly #env: LogEnv;
  readonly #state: LogState;
  readonly #out = new EffectBuffer<HeadMessage, Answer, LogRequest>();
  readonly #peers: HeadPeers;
  readonly #election: Election;
  readonly #right = new ServingRight();
  readonly #followers = new FollowerClock();
  readonly #outbox = new Outbox();
  readonly #calls = new Map<number, (answer: Answering) => void>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unwatch: () => void;
  #callsTotal = 0;
  #joinedAtMs = 0;
  #isClosed = false;

  constructor(context: MemberContext, log: SegmentLog, { heads, table, snapshotRecords }: HeadSettings) {
    const { slot: self, incarnation: life } = context;
    const service = new StateService(mintOf(context), table);
    this.#context = context;
    this.#log = log;
    this.#env = {
      self,
      life,
      batchRecordsMax,
      touchedKeysMax,
      snapshotRecords,
      plan: (image, asked) => service.plan(image, asked),
      apply: (image, change) => service.apply(image, change),
      save: (image) => service.save(image),
      load: (saved) => service.load(saved),
      empty: () => service.empty(),
      rules: logRules,
    };
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
  get place(): { phase: string; epoch: number; appender: number; serving: boolean; applied: number } {
    const { phase, epoch, appender, serving, applied } = this.#state;
    return { phase, epoch, appender, serving, applied };
  }

  /** What a client asks. DELAY where it cannot be said for too long: the client comes again. */
  async ask(asking: Request): Promise<Reply> {
    const call = ++this.#callsTotal;
    const { promise, resolve } = Promise.withResolvers<Answering>();
    this.#calls.set(call, resolve);
    const late = setTimeout(() => resolve({ reply: { status: 'DELAY' }, volatile: [] }), requestWaitMs);
    this.#step({ type: 'request', call, asked: asking });
    try {
      return (await promise).reply;
    } finally {
      clearTimeout(late);
      this.#calls.delete(call);
    }
  }

  /** Leave the log to another head, if this one appends. */
  async standAside(): Promise<void> {
    if (this.#state.phase === 'following') return;
    this.#lapse();
    await this.#election.standAside();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#unwatch();
    this.#election.stop();
    for (const resolve of this.#calls.values()) resolve({ reply: { status: 'DELAY' }, volatile: [] });
    await this.#peers.close();
  }

  #step(event: LogEvent): void {
    if (this.#isClosed) return;
    const { phase, serving } = this.#state;
    const needsRight = serving || phase !== 'following';
    if (needsRight && event.type !== 'lapsed' && this.#right.isOver(performance.now())) this.#lapse();
    const out = this.#out;
    out.clear();
    logKernel.step(this.#state, event, this.#env, out);
    const effects = Array.from({ length: out.length }, (_, at) => ({ ...out.at(at) }));
    for (const { kind, target, message, result, upward } of effects) {
      if (kind === 'send') this.#send(target, message!);
      else if (kind === 'reply') this.#answer(target, result as Answering);
      else if (kind === 'deliver') void this.#store(upward!);
    }
  }

  #send(to: number, message: HeadMessage): void {
    if (message.type === 'JOIN') this.#joinedAtMs = performance.now();
    this.#peers.send(to, message);
  }

  #answer(call: number, answering: Answering): void {
    this.#change(answering.volatile, true);
    this.#calls.get(call)?.(answering);
  }

  /** Changes from memory to memory: made here, and sent a little later. */
  #change(deltas: readonly Delta[], isOwn: boolean): void {
    const made = deltas.filter((delta) => {
      if (!isOwn && !isApplicable(this.state, delta)) return false;
      applyDelta(this.state, delta);
      return true;
    });
    if (!isOwn || made.length === 0) return;
    if (this.#outbox.isEmpty) setTimeout(() => this.#flushOutbox(), outboxMs);
    this.#outbox.put(made);
  }

  #flushOutbox(): void {
    const changes = this.#outbox.take();
    for (const head of this.#peers.up) this.#peers.send(head, { type: 'CHANGES', changes });
  }

  #hear(from: number, word: PeerWord): void {
    if (this.#isClosed) return;
    const state = this.#state;
    switch (word.type) {
      case 'CHANGES':
        this.#change(word.changes, false);
        break;
      case 'TOUCH':
        this.#followers.heard(from, performance.now());
        if (this.#appends() && word.epoch === state.epoch && state.followers.some(({ head }) => head === from)) {
          this.#peers.send(from, { ...word, type: 'TOUCHED' });
        }
        break;
      case 'TOUCHED':
        if (word.epoch === state.epoch && state.welcome) this.#right.renew(word.at);
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
    if (this.#state.phase !== 'following') this.#lapse();
    if (head === self) {
      // An appointment of an earlier life is nobody's: the place is free.
      if (life !== incarnation) return;
      this.#right.end();
      this.#right.renew(sentAtMs);
    }
    const others = this.#peers.up;
    this.#followers.restart(others, performance.now());
    this.#context.emit({ type: 'nfs-appender', node: `n${head}`, epoch });
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

  #lapse(): void {
    this.#right.end();
    const wasAppender = this.#state.phase !== 'following';
    this.#step({ type: 'lapsed' });
    if (wasAppender) void this.#election.standAside().catch(() => undefined);
  }

  async #store(request: LogRequest): Promise<void> {
    const { epoch } = request;
    try {
      switch (request.type) {
        case 'claim':
          await this.#log.claim(epoch);
          this.#step({ type: 'claimed', epoch });
          break;
        case 'read':
          this.#step({ type: 'contents', epoch, contents: await this.#log.read(request.from) });
          break;
        case 'append':
          await this.holds.pass('append');
          await this.#log.append(epoch, request.batch);
          await this.holds.pass('appended');
          this.#step({ type: 'appended', epoch });
          break;
        case 'save':
          await this.#log.save(epoch, request.snapshot);
          this.#step({ type: 'saved', epoch, next: request.snapshot.next });
          break;
        case 'trim':
          await this.#log.trim(epoch, request.before);
          break;
      }
    } catch (error) {
      this.#failed(request, error);
    }
  }

  #failed({ type, epoch }: LogRequest, error: unknown): void {
    if (this.#isClosed) return;
    this.#context.log.warn(`the log of the NFS heads: ${type} failed`, { error: String(error) });
    if (type === 'trim') return;
    const wasAppender = this.#state.phase !== 'following' && this.#state.epoch === epoch;
    setTimeout(() => {
      this.#step({ type: 'storage-failed', epoch });
      if (wasAppender) void this.#election.standAside().catch(() => undefined);
    }, storageRetryMs);
  }
}
