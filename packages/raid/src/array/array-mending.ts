import type { Subject } from 'rxjs';
import type { LostGroup } from '../errors.ts';
import type { KeyLocks } from '../journal/key-locks.ts';
import { GroupMender } from '../mend/group-mender.ts';
import { type Mending, type MendOptions, parseMend } from '../mend/mend-types.ts';
import { ObjectMender, type ObjectMenderHost } from '../mend/object-mender.ts';
import type { RangeMender } from '../mend/range-mender.ts';
import { catchUp } from './catch-up.ts';
import type { ArrayEvent } from './events.ts';
import type { PageBudget } from './page-budget.ts';
import type { StoreHost } from './store-object.ts';

export interface ArrayMendingHost {
  readonly parts: StoreHost;
  readonly budget: PageBudget;
  readonly ranges: RangeMender;
  readonly locks: KeyLocks;
  readonly events: Subject<ArrayEvent>;
  /** Ends every long job. */
  readonly closed: AbortSignal;
  /** Work that closing the array waits for, and nobody else. */
  readonly behind: (work: () => Promise<void>) => void;
}

/** The long jobs of an array that bring back what is missing or damaged, and what is said of them. */
export class ArrayMending {
  readonly #host: ArrayMendingHost;

  constructor(host: ArrayMendingHost) {
    this.#host = host;
  }

  rebuild(member: number, options: MendOptions): Mending {
    return this.#rebuild(member, options, 'all');
  }

  rehome(options: MendOptions): Mending {
    const parsed = parseMend(options);
    const { lost } = this.#host.parts.membership;
    return this.#watched([...lost.keys()], this.#mender(() => undefined).rehome(this.#untilClosed(parsed)));
  }

  #rebuild(member: number, options: MendOptions, which: 'all' | 'missed'): Mending {
    const parsed = parseMend(options);
    return this.#watched([member], this.#mender(() => undefined).rebuild(member, this.#untilClosed(parsed), which));
  }

  /** Say when what these members should hold is being made again, and how that ended. */
  #watched(members: readonly number[], mending: Mending): Mending {
    const { events, parts, behind } = this.#host;
    let repairedBytes = 0;
    mending.progress$.subscribe({
      next: (progress) => {
        repairedBytes = progress.repairedBytes;
      },
      error: () => undefined,
    });
    const say = (state: 'begun' | 'ended' | 'failed') => {
      for (const member of members) events.next({ type: 'rebuilding', node: parts.name(member), state, repairedBytes });
    };
    say('begun');
    behind(() =>
      mending.done.then(
        () => say('ended'),
        () => say('failed'),
      ),
    );
    return mending;
  }

  scrub(options: MendOptions): Mending {
    const { events, parts, behind } = this.#host;
    const parsed = parseMend(options);
    const mending = this.#mender((key, { group, slot, why, member }) =>
      events.next({ type: 'repaired', key, group, slot, why, node: parts.name(member) }),
    ).scrub(this.#untilClosed(parsed));
    behind(() => mending.done.then(() => undefined));
    return mending;
  }

  /** A member is back: it is up to date when it has caught up. */
  catchUp(member: number): void {
    const { events, parts, closed, behind } = this.#host;
    const node = parts.name(member);
    let left = { blocks: 0, groups: 0, blocksMoved: 0 };
    const say = (state: 'begun' | 'ended' | 'failed') => events.next({ type: 'resyncing', node, state, ...left });
    say('begun');
    behind(async () => {
      try {
        await catchUp(parts.membership, member, closed, (now) => {
          left = now;
        });
        say('ended');
      } catch {
        say('failed');
      }
    });
  }

  /** What a member that is back missed of the objects that are stored whole; all it should have of them when it is blank. */
  fillMissed(member: number, isBlank: boolean): void {
    this.#rebuild(member, {}, isBlank ? 'all' : 'missed');
  }

  #mender(onMended: ObjectMenderHost['onMended']): ObjectMender {
    const { parts, events, budget, locks, ranges } = this.#host;
    const { name, pages, kernel, membership, directory } = parts;
    const groups = new GroupMender({ name, pages, kernel, membership, budget });
    const onLost = (key: string, lost: readonly LostGroup[]) =>
      events.next({ type: 'lost', key, groups: lost.map(({ group }) => group) });
    return new ObjectMender({ membership, directory, locks, groups, ranges, onMended, onLost });
  }

  /** A long job ends with its signal, or when the array is closed. */
  #untilClosed(options: MendOptions): MendOptions {
    const signals = [this.#host.closed, ...(options.signal === undefined ? [] : [options.signal])];
    return { ...options, signal: AbortSignal.any(signals) };
  }
}
