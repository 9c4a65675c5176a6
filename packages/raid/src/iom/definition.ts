import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import {
  ArrayViewAnswer,
  BehindAnswer,
  BlockRangeRequest,
  BlockUseAnswer,
  ClaimRequest,
  ClaimsAnswer,
  ClaimsRequest,
  DriveReport,
  DriveUse,
  FetchAnswer,
  FetchRequest,
  GfidsRequest,
  GroupRequest,
  HeldAnswer,
  HeldBlocksAnswer,
  HeldRequest,
  HoldRequest,
  IdentityMessage,
  LayOutRequest,
  LetGoRequest,
  ListRequest,
  MemberRequest,
  MendRequest,
  ObjectMessage,
  PutObjectRequest,
  ReadBlocksAnswer,
  ReadBlocksRequest,
  ReadParityAnswer,
  ReadParityRequest,
  StoreRequest,
  TracedStep,
  TraceRequest,
  ViewMessage,
  WriteBlocksAnswer,
  WriteBlocksRequest,
} from './messages.ts';

const nothing = z.void();
const stepOnly = HoldRequest.pick({ step: true });
const epochOnly = PutObjectRequest.pick({ epoch: true });

/** The service each member of an array runs: {@link IomPort} over the wire. */
export const IomService = defineService('holdfast-iom', {
  create: rpc({ in: IdentityMessage, out: nothing }),
  open: rpc({ out: DriveReport }),
  setView: rpc({ in: ViewMessage, out: nothing, serial: true }),
  enterView: rpc({ in: epochOnly, out: nothing, serial: true }),
  store: rpc({ in: StoreRequest, out: nothing }),
  harden: rpc({ in: epochOnly, out: nothing }),
  fetch: rpc({ in: FetchRequest, out: FetchAnswer }),
  putObject: rpc({ in: PutObjectRequest, out: z.array(ObjectMessage) }),
  forget: rpc({ in: LetGoRequest, out: nothing }),
  drop: rpc({ in: LetGoRequest, out: nothing }),
  versions: rpc({ in: z.string(), out: z.array(ObjectMessage) }),
  objects: rpc({ in: ListRequest, out: z.array(ObjectMessage) }),
  gfids: rpc({ in: GfidsRequest, out: z.array(z.int()) }),
  view: rpc({ out: ArrayViewAnswer }),
  newGfid: rpc({ in: epochOnly, out: z.int() }),
  writeBlocks: rpc({ in: WriteBlocksRequest, out: WriteBlocksAnswer }),
  proxyWrites: rpc({ in: WriteBlocksRequest, out: WriteBlocksAnswer }),
  layOut: rpc({ in: LayOutRequest, out: nothing }),
  blank: rpc({ in: MemberRequest, out: nothing }),
  behind: rpc({ in: MemberRequest, out: BehindAnswer }),
  claim: rpc({ in: ClaimRequest, out: z.int() }),
  mendBlock: rpc({ in: MendRequest, out: z.boolean() }),
  encodeParity: rpc({ in: GroupRequest, out: z.boolean() }),
  readBlocks: rpc({ in: ReadBlocksRequest, out: ReadBlocksAnswer }),
  readParity: rpc({ in: ReadParityRequest, out: ReadParityAnswer }),
  syncBlocks: rpc({ in: BlockRangeRequest, out: nothing }),
  blockUse: rpc({ in: BlockRangeRequest, out: BlockUseAnswer }),
  heldBlocks: rpc({ in: HeldRequest, out: HeldBlocksAnswer }),
  giveBack: rpc({ in: HeldRequest, out: z.int() }),
  decided: rpc({ in: epochOnly, out: nothing }),
  claims: rpc({ in: ClaimsRequest, out: ClaimsAnswer }),
  use: rpc({ out: DriveUse }),
  stopped: rpc({ out: z.string().optional() }),
  beginTrace: rpc({ in: TraceRequest, out: nothing }),
  endTrace: rpc({ out: z.array(TracedStep) }),
  hold: rpc({ in: HoldRequest, out: nothing }),
  held: rpc({ in: stepOnly, out: HeldAnswer }),
  letGo: rpc({ in: stepOnly, out: nothing }),
  close: rpc({ out: nothing }),
});

/** What `cluster.deploy` hands to each instance. */
export const IomOptions = z.object({
  /** The members' drives are the folders `n0`, `n1`, ... here. Default: the folder `raid` in each node's own storage. */
  directory: z.string().min(1).optional(),
});
export type IomOptions = z.output<typeof IomOptions>;
