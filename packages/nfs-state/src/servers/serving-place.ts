import type { ClusterStore, MemberContext } from '@holdfast/runtime/service';
import { z } from 'zod';
import { placeTouchMs, rightMarginMs, rightMs, servingRetryMs } from '../limits.ts';
import { ServingTerm } from './serving-term.ts';

const count = z.int().min(0);
const ServerForm = z.object({ slot: count, life: count });
type Server = z.output<typeof ServerForm>;

const HolderForm = ServerForm.extend({
  epoch: count,
  isFree: z.boolean(),
  /** Changes while the holder is in touch with the store. */
  touches: count.default(0),
  /** Those before it that stood still, and have not said since that they are done. */
  past: z.array(ServerForm).default([]),
});
type Holder = z.output<typeof HolderForm>;

export const servingKey = 'holdfast-nfs-files/server';

/** Who serves, as the store has it. */
export const readHolder = (value: Uint8Array): Holder => HolderForm.parse(JSON.parse(new TextDecoder().decode(value)));

const encode = (holder: Holder): Uint8Array => new TextEncoder().encode(JSON.stringify(holder));

export interface PlaceHost {
  /** Begin to serve. */
  serve(term: ServingTerm): Promise<void>;
  /** The term is over: another server has the place, or may have it. */
  ended(): void;
}

interface Held {
  readonly term: ServingTerm;
  holder: Holder;
  revision: number;
}

/**
 * Which of the metadata servers serves: the place is in the coordination store, and is taken with a rising epoch by whoever
 * finds its holder dead, gone, or silent for longer than its right to serve lasts. Nobody serves who was not in touch with
 * the store for that long; clocks are never compared.
 */
export class ServingPlace {
  readonly #context: Pick<MemberContext, 'coord' | 'name' | 'slot' | 'incarnation' | 'view' | 'log'>;
  readonly #host: PlaceHost;
  readonly #unwatch: () => void;
  #held: Held | undefined;
  /** Terms of this server that ended while something was under way in them. */
  #ending: ServingTerm[] = [];
  #seen: { readonly revision: number; readonly atMs: number } | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  #isTouching = false;
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #isLeft = false;

  constructor(context: MemberContext, host: PlaceHost) {
    this.#context = context;
    this.#host = host;
    this.#unwatch = context.watchView(() => {
      if (this.#timer !== undefined) void this.look();
    });
  }

  /** See whether the place is free, now and from now on. */
  async look(): Promise<void> {
    if (this.#isLeft) return;
    this.#timer ??= setInterval(() => void this.#beat(), placeTouchMs);
    this.#mustLookAgain = true;
    if (this.#isLooking || this.#held !== undefined) return;
    this.#isLooking = true;
    try {
      while (this.#mustLookAgain && this.#held === undefined && !this.#isLeft) {
        this.#mustLookAgain = false;
        await this.#takeIfVacant();
      }
    } catch (error) {
      this.#context.log.warn('the place of the metadata server could not be looked at', { error: String(error) });
      this.#again = setTimeout(() => void this.look(), servingRetryMs);
    } finally {
      this.#isLooking = false;
    }
  }

  /** Let another server have the place. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#unwatch();
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    const held = this.#held;
    if (held === undefined) return;
    this.#lapse(held);
    const { holder, revision } = held;
    await this.#context.coord.compareAndSet(servingKey, revision, encode({ ...holder, isFree: true }));
  }

  async #beat(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return this.look();
    if (!held.term.isCurrent) return this.#lapse(held);
    if (this.#isTouching) return;
    this.#isTouching = true;
    try {
      await this.#touch(held);
    } catch {
      // The store does not answer: the term goes on for as long as it lasts.
    } finally {
      this.#isTouching = false;
    }
  }

  async #touch(held: Held): Promise<void> {
    const sentAtMs = performance.now();
    const touched = { ...held.holder, touches: held.holder.touches + 1 };
    const { succeeded, revision } = await this.#write(touched, held.revision);
    if (succeeded) {
      Object.assign(held, { holder: touched, revision });
      held.term.renew(sentAtMs);
      return;
    }
    // One that stood still may have said that it is done.
    const found = await this.#read();
    if (found?.holder.epoch === held.holder.epoch) Object.assign(held, found);
    else this.#lapse(held);
  }

  #lapse(held: Held): void {
    held.term.end();
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#ending.push(held.term);
    this.#host.ended();
  }

  async #takeIfVacant(): Promise<void> {
    const { name, slot, incarnation: life, view } = this.#context;
    this.#ending = this.#ending.filter(({ isSettled }) => !isSettled);
    const found = await this.#read();
    const before = found?.holder;
    if (before !== undefined && !this.#isVacant(before)) {
      if (this.#ending.length === 0 && before.past.some((each) => this.#isSelf(each))) await this.#sayDone(found!);
      return;
    }
    // What this server was about to do in an earlier term comes first.
    if (this.#ending.length > 0) return;
    const isReplaced = before !== undefined && !before.isFree && !this.#isSelf(before);
    const past = [...(before?.past ?? []), ...(isReplaced ? [{ slot: before.slot, life: before.life }] : [])];
    const epoch = Math.max(view.epoch, (before?.epoch ?? 0) + 1);
    const still = past.filter((each) => !this.#isSelf(each) && this.#isUp(each));
    const holder: Holder = { epoch, slot, life, isFree: false, touches: 0, past: still };
    const sentAtMs = performance.now();
    const { succeeded, revision } = await this.#write(holder, found?.revision ?? 0);
    if (!succeeded) {
      this.#mustLookAgain = true;
      return;
    }
    const place = { holder, revision };
    const others = (): boolean => place.holder.past.some((each) => this.#isUp(each));
    const term = new ServingTerm({ node: name, epoch, others });
    term.renew(sentAtMs);
    this.#held = Object.assign(place, { term });
    await this.#host.serve(term);
  }

  /** Nothing of what this server began before another one took its place is under way any more. */
  async #sayDone({ holder, revision }: { readonly holder: Holder; readonly revision: number }): Promise<void> {
    const past = holder.past.filter((each) => !this.#isSelf(each));
    const { succeeded } = await this.#write({ ...holder, past }, revision);
    if (!succeeded) this.#mustLookAgain = true;
  }

  async #read(): Promise<{ holder: Holder; revision: number } | undefined> {
    const entry = await this.#context.coord.get(servingKey);
    if (entry === undefined) return undefined;
    const { modRevision: revision } = entry;
    if (this.#seen?.revision !== revision) this.#seen = { revision, atMs: performance.now() };
    return { holder: readHolder(entry.value), revision };
  }

  #write(holder: Holder, revision: number): ReturnType<ClusterStore['compareAndSet']> {
    return this.#context.coord.compareAndSet(servingKey, revision, encode(holder));
  }

  #isVacant(holder: Holder): boolean {
    if (holder.isFree || this.#isSelf(holder) || !this.#isUp(holder)) return true;
    return performance.now() - this.#seen!.atMs > rightMs + rightMarginMs;
  }

  #isSelf({ slot, life }: Server): boolean {
    return slot === this.#context.slot && life === this.#context.incarnation;
  }

  #isUp({ slot, life }: Server): boolean {
    const found = this.#context.view.members.find((each) => each.slot === slot);
    return found?.state === 'up' && found.incarnation === life;
  }
}
