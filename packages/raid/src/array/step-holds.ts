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

interface KeyedHold {
  readonly member: number;
  readonly step: Step;
  readonly armed: (gfid: number) => Promise<void>;
}

/** Holds steps of I/O managers, of any object or of the next one stored under a key. */
export class StepHolds {
  readonly #host: ArrayHost;
  readonly #byKey = new Map<RawKey, KeyedHold>();

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
      const waiting = iom.held().then((held) => {
        if (held === undefined) return;
        isReached = true;
        reached.resolve({ gfid: held.gfid, group: held.group });
      });
      // A member that dies unreached leaves nobody waiting for it but the caller, who knows.
      waiting.catch(() => undefined);
    };
    const { key } = options;
    if (key === undefined) await arm(undefined);
    else this.#byKey.set(key, { member, step, armed: arm });
    const release = async () => {
      if (key !== undefined) this.#byKey.delete(key);
      await iom.letGo().catch(() => undefined);
      return !isReached;
    };
    return { reached: reached.promise, release };
  }

  /** An object begins to be stored under this key: what is to be held for it is held from now on. */
  async begin(key: RawKey, gfid: number): Promise<void> {
    const hold = this.#byKey.get(key);
    if (hold === undefined) return;
    this.#byKey.delete(key);
    await hold.armed(gfid);
  }
}
