import type { MemberContext } from '@holdfast/runtime/service';
import { z } from 'zod';
import { servingRetryMs } from '../limits.ts';

const count = z.int().min(0);
const HolderForm = z.object({ epoch: count, slot: count, life: count, isFree: z.boolean() });
type Holder = z.output<typeof HolderForm>;

const key = 'holdfast-nfs-files/server';

/**
 * Which of the metadata servers serves: the place is in the coordination store, and is taken with a rising epoch by whoever
 * finds its holder dead or gone. Two never serve: a view that says that a member is dead comes after its end.
 */
export class ServingPlace {
  readonly #context: Pick<MemberContext, 'coord' | 'slot' | 'incarnation' | 'view' | 'log'>;
  readonly #serve: (epoch: number) => Promise<void>;
  readonly #unwatch: () => void;
  #held: { readonly holder: Holder; readonly revision: number } | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  #again: NodeJS.Timeout | undefined;
  /** Somebody looked: from then on later views are looked at too. */
  #isBegun = false;
  #isLeft = false;

  /** `serve` begins to serve under an epoch that is higher than that of any server before. */
  constructor(context: MemberContext, serve: (epoch: number) => Promise<void>) {
    this.#context = context;
    this.#serve = serve;
    this.#unwatch = context.watchView(() => {
      if (this.#isBegun) void this.look();
    });
  }

  /** See whether the place is free. */
  async look(): Promise<void> {
    this.#isBegun = true;
    this.#mustLookAgain = true;
    if (this.#isLooking || this.#isLeft || this.#held !== undefined) return;
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
    clearTimeout(this.#again);
    if (this.#held === undefined) return;
    const { holder, revision } = this.#held;
    await this.#context.coord.compareAndSet(key, revision, encode({ ...holder, isFree: true }));
  }

  async #takeIfVacant(): Promise<void> {
    const { coord, view, slot, incarnation: life } = this.#context;
    const entry = await coord.get(key);
    const before = entry && HolderForm.parse(JSON.parse(new TextDecoder().decode(entry.value)));
    if (before !== undefined && !this.#isVacant(before)) return;
    const holder = { epoch: Math.max(view.epoch, (before?.epoch ?? 0) + 1), slot, life, isFree: false };
    const { succeeded } = await coord.compareAndSet(key, entry?.modRevision ?? 0, encode(holder));
    if (!succeeded) {
      this.#mustLookAgain = true;
      return;
    }
    const revision = (await coord.get(key))!.modRevision;
    this.#held = { holder, revision };
    await this.#serve(holder.epoch);
  }

  #isVacant({ slot, life, isFree }: Holder): boolean {
    const { view, slot: self } = this.#context;
    const holder = view.members.find((each) => each.slot === slot);
    return isFree || slot === self || holder?.state !== 'up' || holder.incarnation !== life;
  }
}

const encode = (holder: Holder): Uint8Array => new TextEncoder().encode(JSON.stringify(holder));
