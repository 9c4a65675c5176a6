import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from '../array/membership.ts';
import { NamesBusyError } from '../errors.ts';
import { clientsMax, namesAttemptsMax, namesPauseMs, namesWaitingMax } from '../limits.ts';
import type { BlockObjects } from '../object/block-objects.ts';
import { NamesLog, type WantedChange } from './names-log.ts';
import type { NameOperation, NamesState } from './names-state.ts';

interface PendingOperation {
  readonly operation: NameOperation;
  readonly answer: PromiseWithResolvers<number | undefined>;
}

/** Operations that went out in one write. */
interface Batch {
  readonly pending: readonly PendingOperation[];
  readonly changes: readonly WantedChange[];
  /** What each is to be told. */
  readonly before: readonly (number | undefined)[];
}

interface Reader {
  readonly ask: (state: NamesState) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * What one caller does with the names, turn by turn: a turn reads the log to its end, answers everybody who asked before
 * it, and appends changes. Before the first append it claims the object; who has lost the claim since is refused, and
 * begins anew with what the other one left.
 */
export class NamesTurns {
  readonly #objects: BlockObjects;
  readonly #logBytesMin: number;
  readonly #writer = randomInt(1, clientsMax);
  #readers: Reader[] = [];
  #queue: PendingOperation[] = [];
  /** A batch of which it is not known whether it is in the log, and why. */
  #unknown: { readonly batch: Batch; readonly cause: unknown } | undefined;
  #log: { readonly log: NamesLog; readonly epoch: number } | undefined;
  #claimed = false;
  #nextOperation = 1;
  #failures = 0;
  #running = false;

  constructor(objects: BlockObjects, logBytesMin: number) {
    this.#objects = objects;
    this.#logBytesMin = logBytesMin;
  }

  /** An answer from the names as they are at a moment after this call. */
  read<T>(ask: (state: NamesState) => T): Promise<T> {
    if (this.#isFull) return Promise.reject(NamesBusyError.tooManyWait(namesWaitingMax));
    const answer = Promise.withResolvers<T>();
    this.#readers.push({ ask: (state) => answer.resolve(ask(state)), fail: answer.reject });
    this.#run();
    return answer.promise;
  }

  /** Carry an operation out; what its key led to before, when it is durable. */
  change(operation: NameOperation, signal: AbortSignal | undefined): Promise<number | undefined> {
    signal?.throwIfAborted();
    if (this.#isFull) return Promise.reject(NamesBusyError.tooManyWait(namesWaitingMax));
    const pending: PendingOperation = { operation, answer: Promise.withResolvers() };
    this.#queue.push(pending);
    const abort = () => {
      const at = this.#queue.indexOf(pending);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      pending.answer.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#run();
    return pending.answer.promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  get #isFull(): boolean {
    return this.#queue.length + this.#readers.length >= namesWaitingMax;
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#takeTurns();
  }

  /** Never rejects. */
  async #takeTurns(): Promise<void> {
    while (this.#readers.length > 0 || this.#queue.length > 0 || this.#unknown !== undefined) {
      const readers = this.#readers;
      this.#readers = [];
      // Those that come while the log is read are decided by what is read after them.
      const due = new Set(this.#queue);
      try {
        const log = await this.#current();
        for (const { ask } of readers) ask(log.state);
        await this.#write(log, due);
      } catch (error) {
        if (codeOf(error) === 'HF_CLAIMED' && this.#failures < namesAttemptsMax) {
          this.#readers = [...readers, ...this.#readers];
          await this.#backOff();
        } else {
          for (const { fail } of readers) fail(error);
          this.#giveUp(error);
        }
      }
    }
    // In the same turn as the last look at what waits.
    this.#running = false;
  }

  /** The log, read to its end; claimed when there is something to write. */
  async #current(): Promise<NamesLog> {
    for (let attempt = 0; attempt < namesAttemptsMax; attempt++) {
      const log = await this.#openLog();
      if (this.#queue.length > 0 || this.#unknown !== undefined) await this.#claim(log);
      await log.refresh();
      // Metadata of an older view may say that a member counts which has missed something since.
      if ((await this.#objects.epoch()) === this.#log?.epoch) return log;
    }
    throw NamesBusyError.overtaken(namesAttemptsMax);
  }

  async #openLog(): Promise<NamesLog> {
    const epoch = await this.#objects.epoch();
    if (this.#log?.epoch !== epoch) {
      this.#claimed = false;
      this.#log = { log: new NamesLog(await this.#objects.openNames(), this.#writer), epoch };
    }
    return this.#log.log;
  }

  async #claim(log: NamesLog): Promise<void> {
    if (this.#claimed) return;
    await log.claim();
    this.#claimed = true;
  }

  async #write(log: NamesLog, due: Set<PendingOperation>): Promise<void> {
    this.#settleUnknown(log.state, due);
    const batch = this.#takeBatch(log, due);
    if (batch === undefined) return;
    try {
      await log.append(batch.changes);
    } catch (error) {
      this.#loseClaim();
      await this.#appendFailed(batch, error);
      return;
    }
    this.#failures = 0;
    this.#answer(batch);
    // What fails here another turn does again: the log that is there counts until the new one is whole.
    if (log.bytes >= Math.max(this.#logBytesMin, 2 * log.state.liveBytes))
      await log.compact().catch(() => this.#loseClaim());
  }

  /** Since the claim nothing of the batch can be under way: it is in the log, or will never be. */
  #settleUnknown(state: NamesState, due: Set<PendingOperation>): void {
    if (this.#unknown === undefined) return;
    const { batch } = this.#unknown;
    this.#unknown = undefined;
    if (state.hasApplied(this.#writer, batch.changes.at(-1)?.operation ?? 0)) this.#answer(batch);
    else this.#queue.unshift(...batch.pending);
    for (const pending of batch.pending) due.add(pending);
  }

  /** Operations on keys of their own, decided by the names as they are, as many as fit one write. */
  #takeBatch(log: NamesLog, due: ReadonlySet<PendingOperation>): Batch | undefined {
    const touched = new Set<string>();
    const taken: { pending: PendingOperation; wanted: WantedChange; before: number | undefined }[] = [];
    for (let pending = this.#queue[0]; pending !== undefined && due.has(pending); pending = this.#queue[0]) {
      const things = thingsOf(pending.operation);
      if (things.some((thing) => touched.has(thing))) break;
      let decision: ReturnType<NamesState['decide']>;
      try {
        decision = log.state.decide(pending.operation);
      } catch (error) {
        this.#queue.shift();
        pending.answer.reject(error);
        continue;
      }
      const { change, before } = decision;
      if (change === undefined) {
        this.#queue.shift();
        pending.answer.resolve(before);
        continue;
      }
      const wanted = { change, operation: this.#nextOperation };
      const changes = [...taken.map((each) => each.wanted), wanted];
      if (log.fitting(changes) < changes.length) break;
      this.#nextOperation++;
      this.#queue.shift();
      taken.push({ pending, wanted, before });
      for (const thing of things) touched.add(thing);
    }
    if (taken.length === 0) return undefined;
    return {
      pending: taken.map(({ pending }) => pending),
      changes: taken.map(({ wanted }) => wanted),
      before: taken.map(({ before }) => before),
    };
  }

  async #appendFailed(batch: Batch, error: unknown): Promise<void> {
    const code = codeOf(error);
    if (code !== 'HF_CLAIMED' && code !== 'HF_WRITE_UNKNOWN') {
      for (const { answer } of batch.pending) answer.reject(error);
      return;
    }
    if (code === 'HF_CLAIMED') this.#queue.unshift(...batch.pending);
    else this.#unknown = { batch, cause: error };
    if (this.#failures >= namesAttemptsMax) throw NamesBusyError.overtaken(namesAttemptsMax);
    await this.#backOff();
  }

  /** Who lost to another writer waits a random time, longer each time, so that the two do not go on in step. */
  async #backOff(): Promise<void> {
    this.#failures++;
    await pause(randomInt(1, Math.min(2 ** Math.min(this.#failures, 10), namesPauseMs) + 1));
  }

  #loseClaim(): void {
    this.#claimed = false;
    this.#log?.log.forget();
  }

  /** Nothing can be done with the names now: everybody who wants something is told. */
  #giveUp(error: unknown): void {
    this.#failures = 0;
    this.#loseClaim();
    const { batch, cause } = this.#unknown ?? {};
    this.#unknown = undefined;
    for (const { answer } of batch?.pending ?? []) answer.reject(cause);
    for (const { answer } of this.#queue.splice(0)) answer.reject(error);
  }

  #answer({ pending, before }: Batch): void {
    for (const [index, { answer }] of pending.entries()) answer.resolve(before[index]);
  }
}

/** What an operation looks at: operations on other things do not change what is decided about it. */
function thingsOf(operation: NameOperation): readonly string[] {
  switch (operation.type) {
    case 'bind':
      return [`key ${operation.key}`, `object ${operation.gfid}`];
    case 'unbind':
    case 'remove':
      // Which object that concerns is only known when it is decided: nothing else goes out with it.
      return [`key ${operation.key}`, 'object'];
    case 'rename':
      return [`key ${operation.key}`, `key ${operation.to}`];
    case 'freed':
      return [`object ${operation.gfid}`, 'object'];
  }
}
