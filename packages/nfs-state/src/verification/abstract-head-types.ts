import { type CellTable, handled, ignored, impossible } from '@holdfast/kernel';
import type { LeaseEvent, LeaseWish } from '../kernel/lease-types.ts';
import type { ClientId, Delta, NfsState, Reply } from '../kernel/state-types.ts';
import type { LogEvent, LogWord } from './abstract-log.ts';
import type { HeadRules } from './head-rules.ts';
import type { MailEvent } from './lease-mail.ts';
import type { SentRequest } from './nfs-parts.ts';

/**
 * A head as the state of servers sees it: it plans on what it has applied, appends, and answers once that is right. How
 * heads really reach the log and each other is another kernel's concern.
 */
export interface HeadState {
  up: boolean;
  /** The state was read, and the record that says so is applied. */
  serving: boolean;
  /** Its right to serve ended, because it heard nothing for too long. */
  out: boolean;
  life: number;
  image: number;
  pending: Pending[];
  /** As its leases say. */
  lapsed: readonly ClientId[];
  given: readonly ClientId[];
}

/**
 * - `held`: it has arrived, and this head is slow
 * - `arrived`: to be planned as soon as its client's lease is known
 * - `waiting`: its client must be kept first
 * - `proposed`: its record is in the log, or `behind`: was refused, and so many records are to be applied first
 * - `asking`: the log's end is on its way
 * - `in the way`: a lapsed client is
 */
export type Phase = 'held' | 'arrived' | 'waiting' | 'proposed' | 'behind' | 'asking' | 'in the way';

export interface Pending {
  readonly token: string;
  readonly request: SentRequest | InternalRequest;
  phase: Phase;
  behind: number;
  /** Everything in the log was applied when it was planned last. */
  told: boolean;
  /** The heads did not agree to expire who is in the way. */
  insists: boolean;
  /** Its client gave this head up. */
  unwanted: boolean;
  reply: Reply;
}

/** What takes something that was asked back. */
export type Revocation = Extract<SentRequest['operation'], { type: 'delegation-revoke' | 'layout-revoke' }>;

/** What a head asks of itself. */
export interface InternalRequest {
  readonly operation: Extract<
    SentRequest['operation'],
    { type: 'expire' | 'keep' | 'restart-leases' | 'end-grace' | Revocation['type'] }
  >;
}

type SlotStep = Extract<Delta, { type: 'slot-step' }>;

export type HeadEvent =
  | { readonly type: 'request'; readonly request: SentRequest; readonly held: boolean }
  | { readonly type: 'resume' }
  /** Clients have had a lease to reclaim. */
  | { readonly type: 'end-grace' }
  /** A client did not return for a lease what it was asked for. */
  | { readonly type: 'revoke' }
  | { readonly type: 'leases'; readonly lapsed: readonly ClientId[]; readonly given: readonly ClientId[] }
  | LeaseWish
  | LogWord
  /** Another head served a request that changed nothing. */
  | { readonly type: 'step'; readonly step: SlotStep }
  /** It heard nothing for too long. */
  | { readonly type: 'lapse' }
  /** A client waits no more for the answer. */
  | { readonly type: 'forget'; readonly request: SentRequest }
  | { readonly type: 'die' }
  | { readonly type: 'start' };

/** To its leases, the log, the mail and clients. */
export type HeadWord =
  | LeaseEvent
  | { readonly type: 'reset' }
  | LogEvent
  | MailEvent
  | { readonly type: 'head-lost'; readonly head: number }
  | { readonly type: 'answer'; readonly call: number; readonly reply: Reply };

export interface HeadEnv {
  readonly head: number;
  initial(): NfsState;
  /** Leases are not looked at where nothing expires. */
  readonly hasLeases: boolean;
  /** Heads tell each other whom they heard of. */
  readonly spreadsRenewals: boolean;
  /** Clients are delegated what they may be. */
  readonly delegates: boolean;
  readonly rules: HeadRules;
}

const dead = ignored('the head is down');
const cannot = impossible('the log and its leases know that it is down');
export const headTable: CellTable = {
  up: {
    request: handled,
    resume: handled,
    'end-grace': handled,
    revoke: handled,
    leases: handled,
    expire: handled,
    keep: handled,
    stays: handled,
    record: handled,
    refused: handled,
    told: handled,
    settled: handled,
    view: handled,
    welcome: handled,
    step: handled,
    missed: handled,
    lapse: handled,
    forget: handled,
    die: handled,
    start: impossible('it is up'),
  },
  down: {
    request: dead,
    resume: cannot,
    'end-grace': cannot,
    revoke: cannot,
    leases: ignored('its leases were reset'),
    expire: cannot,
    keep: cannot,
    stays: cannot,
    record: impossible('a head that is down is given none'),
    refused: cannot,
    told: cannot,
    settled: cannot,
    view: cannot,
    welcome: cannot,
    step: cannot,
    missed: cannot,
    lapse: impossible('it is down'),
    forget: impossible('clients know that it is down'),
    die: impossible('it is down'),
    start: handled,
  },
};
