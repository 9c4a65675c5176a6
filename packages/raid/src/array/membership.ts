import { ArrayClosedError, GeometryError, MemberLostError, TooManyDownError } from '../errors.ts';
import type { IomPort } from '../iom/iom-port.ts';
import { epochsMax } from '../limits.ts';
import type { ArrayView } from '../store/identity.ts';
import type { ArrayHost } from './array-host.ts';

/** Failures of a request that mean the member is gone for this array, whatever its thread does. */
export const lossCodes: ReadonlySet<string> = new Set([
  'HF_NODE_DOWN',
  'HF_UNKNOWN_SERVICE',
  'HF_DRIVE_STOPPED',
  'HF_DRIVE_CLOSED',
  'HF_UNKNOWN_NODE',
]);

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Thrown inside the array when a member is known to stand still, so that nobody need wait for it. */
export class SilentMemberError extends Error {
  override readonly name = 'SilentMemberError';
}

/** Who has an array, and a way to ask them: {@link Membership}, or what a node of the cluster knows of it. */
export type ArrayMembers = Pick<
  Membership,
  | 'members'
  | 'live'
  | 'returning'
  | 'epoch'
  | 'lossesMax'
  | 'lost'
  | 'silent'
  | 'steady'
  | 'assertWritable'
  | 'ask'
  | 'askUnlessSilent'
>;

/** Whether a member did not answer, which says nothing of what it has. */
export function unanswered(error: unknown): boolean {
  return error instanceof SilentMemberError || codeOf(error) === 'HF_TIMEOUT';
}

/**
 * Who is up, in which epoch. A member that is lost stays lost until a view lets it in again. Every loss and every return
 * makes a new view, durable on all that are in it before anything is stored under it; requests wait while views change.
 */
export class Membership {
  readonly members: readonly number[];
  /** Members that may be down while the array is written. */
  readonly lossesMax: number;
  readonly #host: ArrayHost;
  readonly #live: Set<number>;
  /** Members that are up and have not caught up yet with what was written while they were away. */
  readonly #returning = new Set<number>();
  /** Members that are up and that the view does not count yet. */
  readonly #uncounted = new Set<number>();
  readonly #lost = new Map<number, string>();
  /** How to give up on the requests each member has. */
  readonly #underWay = new Map<number, Set<() => void>>();
  /** Members that are up and stand still. */
  readonly #silent = new Set<number>();
  /** How to go round each member for the reads it has. */
  readonly #goingRound = new Map<number, Set<() => void>>();
  /** While a view changes: when each member has recorded it, and the epoch it is in then. */
  readonly #recording = new Map<number, Promise<number>>();
  readonly #onLoss: (member: number, why: string) => void;
  #epoch: number;
  /** The view that is recorded everywhere, by who is in it. */
  #published: string;
  #changing: Promise<void> | undefined;
  readonly #tooMany = Promise.withResolvers<never>();
  #closed = false;

  constructor(
    host: ArrayHost,
    members: readonly number[],
    lossesMax: number,
    view: ArrayView,
    findings: ReadonlyMap<number, string>,
    onLoss: (member: number, why: string) => void,
  ) {
    this.members = members;
    this.#host = host;
    this.lossesMax = lossesMax;
    this.#live = new Set(view.live);
    this.#epoch = view.epoch;
    this.#published = nameOfView(view.live, []);
    this.#onLoss = onLoss;
    this.#tooMany.promise.catch(() => undefined);
    for (const member of members) {
      if (!this.#live.has(member)) this.#lost.set(member, findings.get(member) ?? 'is not there');
    }
  }

  get epoch(): number {
    return this.#epoch;
  }

  get live(): ReadonlySet<number> {
    return this.#live;
  }

  /** Those that are up and miss something that was written while they were away. */
  get returning(): ReadonlySet<number> {
    return this.#returning;
  }

  /** Members that are up and are known to stand still: reads go round them where they can. */
  get silent(): ReadonlySet<number> {
    return this.#silent;
  }

  /** Members that are down, and why. */
  get lost(): ReadonlyMap<number, string> {
    return this.#lost;
  }

  /** @throws TooManyDownError, ArrayClosedError */
  assertWritable(): void {
    if (this.#closed) throw new ArrayClosedError();
    if (this.#lost.size > this.lossesMax) throw this.#tooManyDown();
  }

  /**
   * What `work` resolves with, unless more members are lost on the way than may be: then there are no views any more, and
   * nobody hears that those who went are not to be waited for. One that has not caught up counts as lost: it may wait for
   * what only those who went could say.
   * @throws TooManyDownError
   */
  whileCovered<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#tooMany.promise]);
  }

  #tooManyDown(): TooManyDownError {
    const behind = [...this.#returning].map((member) => [member, 'has not caught up'] as const);
    const why = [...this.#lost, ...behind].map(([member, reason]) => [this.#host.name(member), reason]);
    return new TooManyDownError(Object.fromEntries(why), this.lossesMax);
  }

  /** Whether a new view is not yet durable on everyone in it: writes wait, reads need not. */
  get changing(): boolean {
    return this.#changing !== undefined;
  }

  /** Resolves when the current view is durable on everyone in it. */
  async steady(): Promise<void> {
    while (this.#changing !== undefined) await this.#changing;
  }

  /**
   * Ask a member's I/O manager, in the current epoch.
   * @throws MemberLostError when the member is down, or turns out to be.
   */
  async ask<T>(member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#changing !== undefined) await this.steady();
      const epoch = this.#epoch;
      try {
        return await this.#askIn(epoch, member, request);
      } catch (error) {
        // It came behind a view of ours, and did nothing.
        const isOvertaken = this.#changing !== undefined || this.#epoch !== epoch;
        if (codeOf(error) !== 'HF_FENCED' || !isOvertaken) throw error;
      }
    }
  }

  /** A read changes nothing, so it need not wait until others have recorded a new view: only until this member has. */
  async #askToRead<T>(member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    for (;;) {
      const recording = this.#recording.get(member);
      if (recording === undefined) return this.#askIn(this.#epoch, member, request);
      const epoch = await recording;
      if (this.#recording.get(member) === recording) return this.#askIn(epoch, member, request);
    }
  }

  async #askIn<T>(epoch: number, member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ArrayClosedError();
    if (!this.#live.has(member)) throw new MemberLostError(this.#host.name(member));
    return this.#orLost(member, request(this.#host.iom(member), epoch));
  }

  /** What a member answers. @throws MemberLostError when that says it is gone. */
  async #orLost<T>(member: number, answer: Promise<T>): Promise<T> {
    try {
      return await this.#untilEnd(member, answer);
    } catch (error) {
      if (!lossCodes.has(codeOf(error) ?? '')) throw error;
      this.lose(member, codeOf(error) === 'HF_NODE_DOWN' ? 'is down' : `failed: ${(error as Error).message}`);
      throw new MemberLostError(this.#host.name(member), error);
    }
  }

  /**
   * The same for a read, but only as long as the member is not known to stand still: then it rejects at once, with an
   * error that is {@link unanswered}. While a view changes it waits for the member asked, and for no other.
   */
  async askUnlessSilent<T>(member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    const silenced = Promise.withResolvers<never>();
    const goRound = () => silenced.reject(new SilentMemberError(`${this.#host.name(member)} stands still`));
    const reads = this.#goingRound.get(member) ?? new Set();
    this.#goingRound.set(member, reads.add(goRound));
    try {
      if (this.#silent.has(member)) goRound();
      const answer = this.#silent.has(member) ? silenced.promise : this.#askToRead(member, request);
      answer.catch(() => undefined);
      return await Promise.race([answer, silenced.promise]);
    } finally {
      reads.delete(goRound);
    }
  }

  /** Take note that a member stands still, or goes on. */
  hush(member: number, silent: boolean): void {
    if (!silent) {
      this.#silent.delete(member);
    } else if (this.#live.has(member)) {
      this.#silent.add(member);
      for (const goRound of this.#goingRound.get(member) ?? []) goRound();
    }
  }

  /**
   * Begin a new epoch in which `counted` are up, on every member that is there: older openers are refused from now on.
   * @param returning those of them that have to catch up.
   * @param added members the array has from now on. They record the view first: without them it would have been another's.
   * @throws MemberLostError when one of them is lost, or is meanwhile; whatever else a member answers that cannot record it
   */
  async enter(counted: readonly number[], returning: readonly number[], added: readonly number[] = []): Promise<void> {
    await this.steady();
    const gone = counted.find((member) => !this.#live.has(member));
    if (gone !== undefined) throw new MemberLostError(this.#host.name(gone));
    const view = {
      epoch: this.#epoch + 1,
      live: [...counted],
      members: [...this.members],
      returning: [...returning],
    };
    checkEpoch(view.epoch);
    const record = (member: number) => this.#orLost(member, this.#host.iom(member).setView(view));
    await Promise.all(added.map(record));
    await Promise.all([...this.#live].filter((member) => !added.includes(member)).map(record));
    this.#epoch = view.epoch;
    this.#published = nameOfView(counted, returning);
    this.#returning.clear();
    for (const member of returning) this.#returning.add(member);
    this.#uncounted.clear();
    for (const member of this.#live) if (!counted.includes(member)) this.#uncounted.add(member);
    const enter = (member: number) => this.#orLost(member, this.#host.iom(member).enterView({ epoch: view.epoch }));
    await Promise.all([...this.#live].map(enter));
  }

  /** A member has caught up: resolves when that is durable on everyone. */
  async caughtUp(member: number): Promise<void> {
    if (!this.#returning.delete(member)) return;
    this.#change();
    await this.steady();
  }

  /**
   * Let a member in again that was lost: resolves when a view that counts it is durable on everyone and worked by. It has to
   * catch up. Its drive must have recorded the present view.
   * @throws MemberLostError when it is lost on the way
   */
  async join(member: number): Promise<void> {
    this.#change(async () => {
      this.#lost.delete(member);
      this.#live.add(member);
      this.#returning.add(member);
      await this.#publish();
    });
    await this.steady();
    if (!this.#live.has(member)) throw new MemberLostError(this.#host.name(member));
    this.watchDrive(member);
  }

  /** Hear at once of a drive that stops itself on a thread that lives, not only when something is asked of it. */
  watchDrive(member: number): void {
    const stopped = this.#host.iom(member).stopped();
    stopped.then(
      (why) => why !== undefined && this.lose(member, `failed: ${why}`),
      // The end of its thread is heard of otherwise.
      () => undefined,
    );
  }

  /** The thread of a member has ended: nothing under way there will be answered, or touches our pages any more. */
  end(member: number, why: string): void {
    this.lose(member, why);
    for (const giveUp of this.#underWay.get(member) ?? []) giveUp();
    this.#underWay.delete(member);
  }

  /** Take note that a member is gone. */
  lose(member: number, why: string): void {
    if (this.#closed || !this.#live.delete(member)) return;
    this.#silent.delete(member);
    this.#returning.delete(member);
    this.#uncounted.delete(member);
    this.#lost.set(member, why);
    const missing = this.#lost.size + this.#returning.size + this.#uncounted.size;
    if (missing > this.lossesMax) this.#tooMany.reject(this.#tooManyDown());
    this.#change();
    this.#onLoss(member, why);
  }

  /** Who is up, or up to date, is not what the view says any more. */
  #change(work: () => Promise<void> = () => this.#publish()): void {
    const change = (this.#changing ?? Promise.resolve()).then(work);
    const settled = change.finally(() => {
      if (this.#changing === settled) this.#changing = undefined;
    });
    this.#changing = settled;
  }

  /** Nothing is asked of anyone any more. */
  close(): void {
    this.#closed = true;
  }

  /** The answer, or a loss as soon as the member's thread has ended, whichever the runtime tells us first. */
  #untilEnd<T>(member: number, answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const giveUp = () => reject(new MemberLostError(this.#host.name(member)));
    const underWay = this.#underWay.get(member) ?? new Set();
    this.#underWay.set(member, underWay.add(giveUp));
    const settled = <Outcome>(tell: (outcome: Outcome) => void) => {
      return (outcome: Outcome) => {
        underWay.delete(giveUp);
        tell(outcome);
      };
    };
    answer.then(settled(resolve), settled(reject));
    return promise;
  }

  /** Never rejects: a member that cannot record the view is lost itself, which makes the next view. */
  async #publish(): Promise<void> {
    // Beyond what parity covers nothing is stored any more, so there is nothing to guard.
    const counted = [...this.#live].filter((member) => !this.#uncounted.has(member));
    const name = nameOfView(counted, this.#returning);
    if (this.#closed || this.#lost.size > this.lossesMax || this.#published === name) return;
    const view = { epoch: this.#epoch + 1, live: counted, returning: [...this.#returning] };
    // Also on those that are there and whose records are not in order yet.
    const there = [...this.#live];
    for (const member of there) this.#recording.set(member, this.#record(member, view));
    await Promise.all(this.#recording.values());
    this.#recording.clear();
    this.#epoch = view.epoch;
    this.#published = name;
    // Nobody works by a view before it is durable on everyone in it.
    await Promise.all(there.map((member) => this.#enterAt(member, view.epoch)));
  }

  async #enterAt(member: number, epoch: number): Promise<void> {
    try {
      if (this.#live.has(member)) await this.#untilEnd(member, this.#host.iom(member).enterView({ epoch }));
    } catch (error) {
      this.lose(member, `did not enter the view: ${error}`);
    }
  }

  /** Have a member record a view; the epoch of it. A member that cannot is lost. */
  async #record(member: number, view: ArrayView): Promise<number> {
    try {
      await this.#untilEnd(member, this.#host.iom(member).setView(view));
    } catch (error) {
      this.lose(member, `did not record the view: ${error}`);
    }
    return view.epoch;
  }
}

const nameOfView = (live: Iterable<number>, returning: Iterable<number>): string =>
  [live, returning].map((members) => [...members].sort((a, b) => a - b).join(' ')).join(' / ');

/** @throws GeometryError */
function checkEpoch(epoch: number): void {
  if (epoch <= epochsMax) return;
  throw new GeometryError(`The array has seen ${epochsMax} views.`, 'Copy its objects to a new array.');
}
