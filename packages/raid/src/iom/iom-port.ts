import type { BehindCount } from '../journal/block-journal.ts';
import type { FetchOutcome } from '../store/block-reader.ts';
import type { CatalogCursor } from '../store/catalog.ts';
import type { ArrayView, DriveIdentity } from '../store/identity.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { DriveUse } from '../store/store-parts.ts';
import type {
  ArrayViewAnswer,
  BlockRangeRequest,
  BlockUseAnswer,
  ClaimRequest,
  ClaimsAnswer,
  ClaimsRequest,
  DriveReport,
  FetchRequest,
  GroupRequest,
  HeldBlocksAnswer,
  HeldRequest,
  HoldRequest,
  LayOutRequest,
  MemberRequest,
  MendRequest,
  ReadBlocksAnswer,
  ReadBlocksRequest,
  ReadParityAnswer,
  ReadParityRequest,
  ReserveAnswer,
  ReserveRequest,
  ReservesAnswer,
  ReservesRequest,
  Step,
  StoreRequest,
  TracedStep,
  WriteBlocksAnswer,
  WriteBlocksRequest,
} from './messages.ts';
import type { HeldStep } from './step-gate.ts';

/**
 * What an array asks of the I/O manager of one member. Over a cluster these are calls of the service; the class behind
 * the service answers the same calls directly.
 */
export interface IomPort {
  create(identity: DriveIdentity): Promise<void>;
  open(): Promise<DriveReport>;
  /** Make a view durable. */
  setView(view: ArrayView): Promise<void>;
  /** Work by the view that was made durable: it is, on everyone in it. */
  enterView(request: { readonly epoch: number }): Promise<void>;
  store(request: StoreRequest): Promise<void>;
  harden(request: { readonly epoch: number }): Promise<void>;
  fetch(request: FetchRequest): Promise<readonly FetchOutcome[]>;
  /** Keep metadata; the older versions of the key that are here. */
  putObject(request: { readonly epoch: number; readonly object: ObjectRecord }): Promise<readonly ObjectRecord[]>;
  forget(request: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void>;
  drop(request: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void>;
  versions(key: string): Promise<readonly ObjectRecord[]>;
  objects(request: {
    readonly prefix: string;
    readonly after?: CatalogCursor | undefined;
    readonly limit: number;
  }): Promise<readonly ObjectRecord[]>;
  gfids(request: { readonly after: number; readonly limit: number }): Promise<readonly number[]>;
  /** Which array this is, and who is up. */
  view(): Promise<ArrayViewAnswer>;
  /** An object id that was never used. */
  newGfid(request: { readonly epoch: number }): Promise<number>;
  /** Write blocks by the journaled write; resolves when all are as tough as asked for. */
  writeBlocks(request: WriteBlocksRequest): Promise<WriteBlocksAnswer>;
  /** Write in the place of a member that is not there. */
  proxyWrites(request: WriteBlocksRequest): Promise<WriteBlocksAnswer>;
  /** Remember how objects lie on their members: durable when this resolves. */
  layOut(request: LayOutRequest): Promise<void>;
  /** A member that is away will come back with a new drive: on record, when this resolves, that it has nothing. */
  blank(request: MemberRequest): Promise<void>;
  /** What a member has to catch up on, as is known here. */
  behind(request: MemberRequest): Promise<BehindCount>;
  /**
   * Refuse all writes of an object with a lower claim from now on, and wait for those under way; the highest claim that is
   * known here then.
   */
  claim(request: ClaimRequest): Promise<number>;
  /** Write a damaged block anew; whether that was what should be there. */
  mendBlock(request: MendRequest): Promise<boolean>;
  /** Compute the parity of a row anew; false when one of its members is not there. */
  encodeParity(request: GroupRequest): Promise<boolean>;
  readBlocks(request: ReadBlocksRequest): Promise<ReadBlocksAnswer>;
  readParity(request: ReadParityRequest): Promise<ReadParityAnswer>;
  /** Resolves when every write of these blocks that was begun here is at toughness 2. */
  syncBlocks(request: BlockRangeRequest): Promise<void>;
  blockUse(request: BlockRangeRequest): Promise<BlockUseAnswer>;
  /** What was written here of blocks and rows and was not given back. */
  heldBlocks(request: HeldRequest): Promise<HeldBlocksAnswer>;
  /** Give back the places of blocks that are zeros, of data and of parity; how many. */
  giveBack(request: HeldRequest): Promise<number>;
  /** Resolves when every journaled write that is open here, from the log or since, has ended. */
  decided(request: { readonly epoch: number }): Promise<void>;
  /** Objects that have a claim, as this drive knows, by id behind `after`. */
  claims(request: ClaimsRequest): Promise<ClaimsAnswer>;
  /** Have ranges of an object reserved: durable when it answers so. */
  reserve(request: ReserveRequest): Promise<ReserveAnswer>;
  /** Objects of which something is, or was, reserved, as this drive knows, by id behind `after`. */
  reserves(request: ReservesRequest): Promise<ReservesAnswer>;
  use(): Promise<DriveUse>;
  /** Resolves when the drive has stopped itself, with why; with undefined when it is closed before. */
  stopped(): Promise<string | undefined>;
  /** Note the steps of the journaled writes of an object from now on, until {@link endTrace}. */
  beginTrace(request: { readonly gfid: number }): Promise<void>;
  endTrace(): Promise<readonly TracedStep[]>;
  /** Hold a step the next time it comes. */
  hold(request: HoldRequest): Promise<void>;
  /** Resolves when something stands at a held step, with undefined when the hold is taken back first. */
  held(request: { readonly step: Step }): Promise<HeldStep | undefined>;
  /** Let what is held at a step go on, and hold it no more. */
  letGo(request: { readonly step: Step }): Promise<void>;
  close(): Promise<void>;
}
