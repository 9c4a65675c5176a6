import { setTimeout as pause } from 'node:timers/promises';
import { type MemberContext, memberName, memberSlot } from '@holdfast/runtime/service';
import { type ArrayMembers, codeOf, lossCodes } from '../array/membership.ts';
import { MemberLostError, NoArrayError, TooManyDownError } from '../errors.ts';
import { IomService } from '../iom/definition.ts';
import type { IomPort } from '../iom/iom-port.ts';
import { iomPortOf } from '../iom/iom-proxy.ts';
import type { ArrayViewAnswer } from '../iom/messages.ts';
import { requestMs, viewPollMs, viewRefreshesMax } from '../limits.ts';

/**
 * The members of the array as a node sees them, which has no say in who is up: it asks the I/O managers for their view,
 * and again when one of them refuses it as old, or is not there any more.
 */
export class NodeMembers implements ArrayMembers {
  readonly silent: ReadonlySet<number> = new Set();
  readonly #ports = new Map<number, IomPort>();
  readonly #context: MemberContext;
  #view: ArrayViewAnswer;

  private constructor(context: MemberContext, view: ArrayViewAnswer) {
    this.#context = context;
    this.#view = view;
  }

  /** @throws NoArrayError when no node has an array open */
  static async find(context: MemberContext): Promise<NodeMembers> {
    const nodes = context.view.members.map(({ name }) => memberSlot(name)).filter((slot) => slot !== undefined);
    const own = [context.slot, ...nodes].filter((slot, index, all) => all.indexOf(slot) === index);
    for (const member of own) {
      try {
        return new NodeMembers(context, await portTo(context, member).view());
      } catch {
        // Not a member of the array, or down: the next one knows as well.
      }
    }
    throw new NoArrayError('this cluster');
  }

  get view(): ArrayViewAnswer {
    return this.#view;
  }

  get members(): readonly number[] {
    return this.#view.members;
  }

  get live(): ReadonlySet<number> {
    return new Set(this.#view.live);
  }

  get returning(): ReadonlySet<number> {
    return new Set(this.#view.returning);
  }

  get lost(): ReadonlyMap<number, string> {
    const { live } = this;
    return new Map(this.members.filter((member) => !live.has(member)).map((member) => [member, 'is down']));
  }

  get lossesMax(): number {
    return this.#view.parity;
  }

  get epoch(): number {
    return this.#view.epoch;
  }

  async steady(): Promise<void> {
    // The array lets nobody in before its view is steady, and refuses who comes with an older one.
  }

  assertWritable(): void {
    const { lost } = this;
    if (lost.size <= this.lossesMax) return;
    const named = [...lost].map(([member, why]) => [memberName(member), why]);
    throw new TooManyDownError(Object.fromEntries(named), this.lossesMax);
  }

  async ask<T>(member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    for (let refreshes = 0; ; refreshes++) {
      if (!this.#view.live.includes(member)) throw new MemberLostError(memberName(member));
      try {
        return await request(this.#port(member), this.#view.epoch);
      } catch (error) {
        const code = codeOf(error) ?? '';
        if (code === 'HF_FENCED' && refreshes < viewRefreshesMax) {
          await pause(refreshes === 0 ? 0 : viewPollMs);
          await this.#refresh();
        } else if (lossCodes.has(code)) {
          await this.#untilLost(member, error);
        } else throw error;
      }
    }
  }

  askUnlessSilent<T>(member: number, request: (iom: IomPort, epoch: number) => Promise<T>): Promise<T> {
    return this.ask(member, request);
  }

  /** The array hears of the end of a member too, and says so in its next view. */
  async #untilLost(member: number, cause: unknown): Promise<void> {
    const deadlineMs = performance.now() + requestMs;
    while (this.#view.live.includes(member)) {
      if (performance.now() > deadlineMs) throw cause;
      await pause(viewPollMs);
      await this.#refresh();
    }
  }

  /** Take the newest view that anybody has. */
  async #refresh(): Promise<void> {
    const answers = await Promise.allSettled(this.#view.live.map((member) => this.#port(member).view()));
    for (const answer of answers) {
      if (answer.status === 'fulfilled' && answer.value.epoch > this.#view.epoch) this.#view = answer.value;
    }
  }

  #port(member: number): IomPort {
    let port = this.#ports.get(member);
    if (port === undefined) {
      port = portTo(this.#context, member);
      this.#ports.set(member, port);
    }
    return port;
  }
}

const portTo = (context: MemberContext, member: number): IomPort =>
  iomPortOf(context.service(IomService, { node: memberName(member), timeoutMs: requestMs }));
