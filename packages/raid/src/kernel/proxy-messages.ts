import type { EffectSink, Handle } from '@holdfast/kernel';
import type { WriteCall } from './data-state.ts';
import type { StorageAnswer, StorageRequest, ToData, ToParity, Toughness } from './iom-messages.ts';
import type { Address, JournalEntry, JournalId, Peer } from './journal.ts';
import type { GroupName } from './named-table.ts';

/** A block as a member of its group. */
export interface MemberBlock extends GroupName {
  readonly lblk: number;
  readonly slot: number;
}

/** The last request of a client that a block has. */
export interface AppliedRequest {
  readonly client: number;
  readonly request: number;
}

/** A block that is part of a sum, since nobody has it. */
export interface MissingBlock {
  readonly slot: number;
  readonly seq: number;
}

/** A block that changed while its data IOM was away: nothing but parity has its update `seq`. */
export interface StaleBlock extends MemberBlock {
  readonly seq: number;
}

/** Any version of a block will do. */
export const anySeq = -1;

/** From the I/O manager of a member of a group to the one with its parity, beside the journaled write. */
export type ToProxy =
  | ToParity
  /** In the place of a data IOM that is stopped, by the one that writes for it in groups with two parities. */
  | { readonly type: 'in_place'; readonly of: Peer; readonly message: ToParity }
  /** Nothing is under way any more that the sender began in the place of a member that is back in that view. */
  | { readonly type: 'over'; readonly of: Peer; readonly epoch: number }
  /** Somebody wrote, in the place of a member, without the parity of the receiver, which is not up to date. */
  | ({ readonly type: 'astray' } & GroupName)
  /** The first message of a member after its link came up: the groups whose parity it knows to be stale. */
  | { readonly type: 'hello'; readonly epoch: number; readonly stale: readonly GroupName[] }
  /** What a block of the sender is by the others of its group. */
  | ({ readonly type: 'restore' } & MemberBlock)
  /** The block is durable in that version or a later one. */
  | { readonly type: 'restored'; readonly gfid: number; readonly lblk: number; readonly seq: number }
  /** The answer to `member_read`. */
  | {
      readonly type: 'member_value';
      /** Of the question: one that was asked for something else that was given up is no answer. */
      readonly question: JournalId;
      readonly gfid: number;
      readonly group: number;
      readonly slot: number;
      readonly seq: number;
      readonly value: Handle;
    };

/** From the I/O manager with the parity of a group to the one of a member, beside the journaled write. */
export type ToMember =
  | ToData
  /** The answer to one who speaks in the place of a data IOM. */
  | { readonly type: 'in_place'; readonly of: Peer; readonly message: ToData }
  /** The answer to the `hello` of that epoch: blocks of the member that changed while it was away. */
  | { readonly type: 'welcome'; readonly epoch: number; readonly stale: readonly StaleBlock[] }
  /** The block in that version, or in {@link anySeq any}: the last that ended. */
  | ({ readonly type: 'member_read'; readonly question: JournalId; readonly seq: number } & MemberBlock)
  /** The answer to `restore`. */
  | {
      readonly type: 'restore_value';
      readonly gfid: number;
      readonly lblk: number;
      readonly seq: number;
      readonly value: Handle;
      readonly applied: readonly AppliedRequest[];
      /** The value is the sum with another block that is missing as well: its slot, and its update in that sum. */
      readonly beside?: MissingBlock;
    }
  /** Parity of the group is right again. */
  | ({ readonly type: 'parity_fresh' } & GroupName);

/**
 * What a proxy and a returning member journal, beside the entries of the write. Each says that something happened, and
 * is written when the block it names is durable: there is nothing to decide after a crash.
 */
export type ProxyEntry =
  /** A write of a block whose data IOM is away: parity has moved to `address`, the block is stale. */
  | ({
      readonly type: 'proxied';
      readonly id: JournalId;
      readonly address: Address;
      readonly checksum: number;
    } & StaleBlock &
      AppliedRequest)
  /** Parity has the update of a block whose data IOM is away, by a journaled write of before. */
  | ({ readonly type: 'marked'; readonly id: JournalId } & StaleBlock & AppliedRequest)
  | {
      readonly type: 'unmarked';
      readonly id: JournalId;
      readonly gfid: number;
      readonly lblk: number;
      readonly seq: number;
    }
  /** Parity was computed anew from all members. */
  | ({
      readonly type: 'encoded';
      readonly id: JournalId;
      readonly address: Address;
      readonly checksum: number;
      /** By slot. */
      readonly vv: readonly number[];
    } & GroupName)
  /** A block of this member is what the others of its group say. */
  | ({
      readonly type: 'restored';
      readonly id: JournalId;
      readonly address: Address;
      readonly checksum: number;
      readonly applied: readonly AppliedRequest[];
    } & StaleBlock)
  /** A block of this member changes, and its parity does not. */
  | ({ readonly type: 'stale'; readonly id: JournalId; readonly parity: Peer } & GroupName)
  | ({ readonly type: 'fresh'; readonly id: JournalId; readonly parity: Peer } & GroupName);

export type ProxyRequest =
  | StorageRequest
  /** To the data IOM beside this parity IOM: write in the place of a member, in a group with two parities. */
  | { readonly type: 'write_for'; readonly of: Peer; readonly call: WriteCall }
  | { readonly type: 'journal'; readonly entry: ProxyEntry }
  /**
   * The block of slot `slot`: the exclusive or of the parity at `address` and `parts`, by slot. Of the second parity what
   * its sum says. Answer: `summed`.
   */
  | {
      readonly type: 'sum';
      readonly id: JournalId;
      readonly address: Address;
      readonly parts: readonly Handle[];
      readonly slot: number;
      readonly code?: 'q';
    }
  /** The parity of `parts`, by slot, for `newAddress`. Answer: `combined`. */
  | {
      readonly type: 'encode';
      readonly id: JournalId;
      readonly newAddress: Address;
      readonly parts: readonly Handle[];
      readonly code?: 'q';
    }
  /**
   * The block of slot `slot`, of which two parities tell the sum with that of slot `other`, for `newAddress`. Answer:
   * `combined`.
   */
  | {
      readonly type: 'solve';
      readonly id: JournalId;
      readonly newAddress: Address;
      readonly p: Handle;
      readonly q: Handle;
      readonly slot: number;
      readonly other: number;
    }
  /**
   * The parity at `oldAddress` with the block `old` taken out of it, and `old` with the caller's bytes merged in put
   * into it, for `newAddress`. Answer: `combined`.
   */
  | {
      readonly type: 'fold';
      readonly id: JournalId;
      readonly oldAddress: Address;
      readonly newAddress: Address;
      readonly old: Handle;
      readonly payload: Handle;
      readonly writeStart: number;
      readonly writeBytes: number;
    };

export type ProxyAnswer =
  | Exclude<StorageAnswer, { type: 'journaled' }>
  | { readonly type: 'journaled'; readonly entry: JournalEntry | ProxyEntry }
  | { readonly type: 'summed'; readonly id: JournalId; readonly value: Handle };

/** A call: what is in a block whose data IOM is away. */
export interface ReadCall extends MemberBlock {
  readonly type: 'read';
  readonly call: number;
}

/**
 * How a call at a proxy ended. `elsewhere`: the data IOM is back, or is not away as far as is known here: the call is to
 * be made there.
 */
export interface ProxyResult {
  readonly outcome: 'done' | 'busy' | 'elsewhere';
  readonly toughness: Toughness;
  /** What was read. */
  readonly value?: Handle;
}

export type ProxySink = EffectSink<ToMember, ProxyResult, ProxyRequest>;
export type MemberSink = EffectSink<ToProxy, ProxyResult, ProxyRequest>;

/** Numbers of entries and requests of a proxy and of a resync: above all those of journaled writes. */
const proxyIdsStart = 2 ** 50;
const proxyIdsPerLife = 2 ** 24;
/** Updates that are begun in the place of another data IOM: their names, too, are those of one life of one I/O manager. */
const deputyIdsStart = 2 ** 52;
const membersMax = 64;
export const firstDeputyId = (incarnation: number, self: Peer): JournalId =>
  deputyIdsStart + (incarnation * membersMax + self) * proxyIdsPerLife;
export const firstProxyId = (incarnation: number): JournalId => proxyIdsStart + incarnation * proxyIdsPerLife;
/** Not those of updates that a deputy began: whoever goes on with one has it among its own journaled writes. */
export const isProxyId = (id: JournalId): boolean => id >= proxyIdsStart && id < deputyIdsStart;

/** The view that members work by, once it is durable on every one of them. */
export interface ViewEvent {
  readonly type: 'view';
  readonly epoch: number;
  /** Peers that are stopped. */
  readonly out: readonly Peer[];
  /** Somebody who was stopped is back and not up to date yet. */
  readonly returning: boolean;
  /** Peers that are. */
  readonly back: readonly Peer[];
}

/** There are more addresses than before: what waited for one goes on. */
export interface SpaceEvent {
  readonly type: 'space';
}

/** An object was removed: nobody writes it any more, and nothing of it is caught up on. */
export interface RemovedEvent {
  readonly type: 'removed';
  readonly gfid: number;
}

/** The sink that an inner kernel writes to: what it sends and asks for passes through the outer one's hands. */
export const innerSink = <Message, Result, Request>(
  out: EffectSink<never, never, never>,
  send: (to: Peer, message: Message) => void,
  deliver: (request: Request) => void,
  reply: (call: number, result: Result) => void,
): EffectSink<Message, Result, Request> => ({
  send,
  deliver,
  reply,
  trace: (step, a, b) => out.trace(step, a, b),
  setTimer: (timer, afterMs) => out.setTimer(timer, afterMs),
  cancelTimer: (timer) => out.cancelTimer(timer),
  diskRead: (op, address, blocks) => out.diskRead(op, address, blocks),
  diskWrite: (op, address, payload) => out.diskWrite(op, address, payload),
  diskFlush: (op) => out.diskFlush(op),
});
