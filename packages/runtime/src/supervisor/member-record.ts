import type { ControlPort, FromMember, ToMember } from '../control/messages.ts';
import type { DeathCause } from '../events/cluster-event.ts';
import type { MemberName, MemberSlot } from '../member.ts';
import type { Extent } from '../memory/arena.ts';
import type { NodeThread } from './node-thread.ts';

/**
 * Where a member is in its life: `booting` until its channels are ready, `up`, `ending` from the moment its end was
 * ordered, `stuck` when the thread does not end, `down` once its exit was heard.
 */
type MemberPhase = 'booting' | 'up' | 'ending' | 'stuck' | 'down';

/** One incarnation of one member, as the supervisor keeps it. */
export interface MemberRecord {
  readonly slot: MemberSlot;
  readonly name: MemberName;
  readonly incarnation: number;
  readonly control: ControlPort<ToMember, FromMember>;
  /** Nodes only; the threads of `main` and of attached workers belong to the app. */
  readonly thread: NodeThread | undefined;
  readonly range: Extent;
  phase: MemberPhase;
  /** Why its end was ordered. */
  ending: DeathCause | undefined;
  /** Settled when it can take wires and messages. */
  readonly booted: PromiseWithResolvers<void>;
  /** Resolves when its end is in the view. */
  readonly agreed: PromiseWithResolvers<void>;
  /** Everything its death calls for is done: its place may be used again. `buried` resolves then. */
  released: boolean;
  readonly buried: PromiseWithResolvers<void>;
}

export function makeRecord(
  parts: Pick<MemberRecord, 'slot' | 'name' | 'incarnation' | 'control' | 'thread' | 'range'>,
): MemberRecord {
  const booted = Promise.withResolvers<void>();
  // Whoever waits for the boot hears of its failure; nobody has to.
  booted.promise.catch(() => undefined);
  return {
    ...parts,
    phase: 'booting',
    ending: undefined,
    released: false,
    booted,
    agreed: Promise.withResolvers<void>(),
    buried: Promise.withResolvers<void>(),
  };
}
