import type { Step } from '../iom/messages.ts';
import type { RawKey } from '../store/log-record.ts';
import type { ArrayHost } from './array-host.ts';

/** What stood at a held step. */
export interface StepReached {
  readonly gfid: number;
  readonly group: number | undefined;
}

/** A step of one member that is held, so that the member can be killed, paused or looked at exactly there. */
export interface StepHold {
  /** Resolves when something stands at the step. Never, when nothing comes to it before {@link release}. */
  readonly reached: Promise<StepReached>;
  /** Let it go on and hold nothing more. False when something stood at the step already. */
  release(): Promise<boolean>;
}

type Arm = (gfid: number) => Promise<void>;

/** Holds steps of I/O managers, of any object or of the next one stored under a key. */
export class StepHolds {
  readonly #host: ArrayHost;
  /** What to do when an object begins to be stored under a key. */
  readonly #byKey = new Map<RawKey, Set<Arm>>();

  constructor(host: ArrayHost) {
    this.#host = host;
  }

  async hold(
    member: number,
    step: Step,
    options: { readonly key?: RawKey | undefined; readonly after: number },
  ): Promise<StepHold> {
    const reached = Promise.withResolvers<StepReached>();
    reached.promise.catch(() => undefined);
    let isReached = false;
    const iom = this.#host.iom(member);
    const arm = async (gfid: number | undefined) => {
      await iom.hold({ step, after: options.after, ...(gfid === undefined ? {} : { gfid }) });
      const waiting = iom.held({ step }).then((held) => {
        if (held === undefined) return;
        isReached = true;
        reached.resolve({ gfid: held.gfid, group: held.group });
      });
      // A member that dies unreached leaves nobody waiting for it but the caller, who knows.
      waiting.catch(() => undefined);
    };
    const { key } = options;
    if (key === undefined) await arm(undefined);
    else this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(arm));
    const release = async () => {
      if (key !== undefined) this.#byKey.get(key)?.delete(arm);
      await iom.letGo({ step }).catch(() => undefined);
      return !isReached;
    };
    return { reached: reached.promise, release };
  }

  /** An object begins to be stored under this key: what is to be held for it is held from now on. */
  async begin(key: RawKey, gfid: number): Promise<void> {
    const arms = this.#byKey.get(key);
    if (arms === undefined) return;
    this.#byKey.delete(key);
    // A member that is down holds nothing; the put goes on without it.
    await Promise.allSettled([...arms].map((arm) => arm(gfid)));
  }
}
