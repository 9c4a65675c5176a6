import type { EffectSink } from '@holdfast/kernel';
import type { ClientId } from './state-types.ts';

export type HeadNumber = number;

/**
 * What one head knows of the leases of clients. Time is counted in ticks of the head itself, a few to a lease: what one
 * head tells another is how many it would still wait, never when something was.
 */
export interface LeaseState {
  /** The other heads that serve. */
  heads: HeadNumber[];
  /** Ticks until the lease of a client runs out here; 0: it has. */
  readonly left: Map<ClientId, number>;
  /** Expiries this head proposed, and whom it waits for. */
  readonly exchanges: Map<ClientId, Exchange>;
  /**
   * Clients of which this head said that their lease ran out. Whatever they ask waits until a record says that they are
   * kept, or gone.
   */
  readonly given: Map<ClientId, Given>;
  /** Tells the answers to one proposal from those to the one before. */
  round: number;
}

/** `expiring`: all said so, and the record is on its way; `asked back`: the record that it is kept is. */
export const givenHow = ['given up', 'expiring', 'asked back'] as const;
export type Given = (typeof givenHow)[number];

export interface Exchange {
  readonly round: number;
  /** Counts of the state as it was when the expiry was proposed. */
  readonly kept: number;
  readonly restarts: number;
  readonly waits: HeadNumber[];
}

/** What heads send each other. */
export type LeaseMessage =
  | { readonly type: 'PROPOSE'; readonly client: ClientId; readonly round: number }
  /** `left`: ticks the client's lease has still to run at the head that answers, 0 if it ran out there too. */
  | { readonly type: 'LEFT'; readonly client: ClientId; readonly round: number; readonly left: number };

export type LeaseEvent =
  /** The state has a new client. */
  | { readonly type: 'met'; readonly client: ClientId }
  /** The state has it no more. */
  | { readonly type: 'gone'; readonly client: ClientId }
  /** It asked something of this head. */
  | { readonly type: 'heard'; readonly client: ClientId }
  /** It asked something of another head, which says so; nothing is lost where that never arrives. */
  | { readonly type: 'renewed'; readonly client: ClientId }
  /** The record that it is kept is in the log. */
  | { readonly type: 'kept'; readonly client: ClientId }
  /** Its lease ran out here, and what it has is in somebody's way. `kept` and `restarts` are those of the state. */
  | { readonly type: 'in-the-way'; readonly client: ClientId; readonly kept: number; readonly restarts: number }
  /** The state refused the expiry: somebody heard of the client, or a head came. */
  | { readonly type: 'expiry-refused'; readonly client: ClientId }
  | { readonly type: 'propose'; readonly from: HeadNumber; readonly client: ClientId; readonly round: number }
  | {
      readonly type: 'left';
      readonly from: HeadNumber;
      readonly client: ClientId;
      readonly round: number;
      readonly left: number;
    }
  | { readonly type: 'tick' }
  /** This head begins to serve, or others came or went. Itself is not among them. */
  | { readonly type: 'view'; readonly heads: readonly HeadNumber[] }
  /** This head did nothing for more than a quarter of a lease. */
  | { readonly type: 'paused' };

export type LeaseWish =
  /** Append the second step. */
  | { readonly type: 'expire'; readonly client: ClientId; readonly kept: number; readonly restarts: number }
  /** Append that the client is kept, before it is served. */
  | { readonly type: 'keep'; readonly client: ClientId }
  /** What was in the way stays: whoever waits for it is refused. */
  | { readonly type: 'stays'; readonly client: ClientId };

export interface LeaseEnv {
  /** Ticks of a lease: one more than fit into it, because the first comes too early. */
  readonly leaseTicks: number;
  readonly tickMs: number;
  /** Clients the lease counts for at start. */
  readonly clients: readonly ClientId[];
  readonly heads: readonly HeadNumber[];
  readonly rules: LeaseRules;
}

/** The decisions that keep leases; each seeded bug replaces one. */
export interface LeaseRules {
  /** Whom a proposal waits for. */
  asked(heads: readonly HeadNumber[]): readonly HeadNumber[];
  /** Whether an answer belongs to the proposal that waits. */
  isAnswer(round: number, awaited: number): boolean;
  /** Whether the client may be served at once although this head gave it up. */
  servesGivenUp(): boolean;
  /** Whether a renewal at another head, which may be an old one, frees a client that this head gave up. */
  freedByRenewals(): boolean;
  /** Ticks left that this head answers. */
  leftHere(left: number): number;
  /** Whether proposals under way end when heads come or go. */
  endsWithView(): boolean;
  /** Ticks left after heads came or went, or this one paused. */
  afterBreak(left: number, leaseTicks: number): number;
}

export const leaseRules: LeaseRules = {
  asked: (heads) => heads,
  isAnswer: (round, awaited) => round === awaited,
  servesGivenUp: () => false,
  freedByRenewals: () => false,
  leftHere: (left) => left,
  endsWithView: () => true,
  afterBreak: (_left, leaseTicks) => leaseTicks,
};

/** The one timer. */
export const leaseTimer = 0;

export type LeaseSink = EffectSink<LeaseMessage, never, LeaseWish>;
