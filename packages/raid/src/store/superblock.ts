import { arrayMembersMax, blockBytes } from '../limits.ts';
import type { ArrayView, DriveIdentity } from './identity.ts';

/** The first thing read of a drive. Two slots hold it in turn, so that one whole copy survives a torn write. */
export interface Superblock {
  readonly identity: DriveIdentity;
  readonly view: ArrayView;
  /** The last view that this drive's member worked by: it is on record with everyone in it, so that none has an older one. */
  readonly workedBy: number;
  /** Rises with every write of the superblock; chooses the slot. */
  readonly generation: number;
  /** The drive was made, and no view has counted its member since: all that its member should have lies elsewhere. */
  readonly empty: boolean;
  /** Which `log-N` file is the log. */
  readonly logGeneration: number;
  /** The log may hold records of the journaled write: who does not know them must not open the drive. */
  readonly journaledBlocks: boolean;
  /** The log may hold objects without parity, with two parity slots a group, or with slots that were moved: the same. */
  readonly techniques: boolean;
  /** The log may hold records of what is reserved: the same. */
  readonly reserves: boolean;
}

export const superblockBytes = blockBytes;
const formatVersion = 1;
/** Incompatible features that this version knows. */
const journaledBlocksFeature = 1;
const techniquesFeature = 2;
const reservesFeature = 4;
const knownFeatures = journaledBlocksFeature | techniquesFeature | reservesFeature;

const magic = 'HOLDFAST';
const checksumAt = 8;
const at = {
  version: 16,
  compat: 20,
  readOnlyCompat: 24,
  incompat: 28,
  arrayId: 32,
  driveId: 48,
  generation: 64,
  epoch: 72,
  logGeneration: 76,
  member: 80,
  data: 81,
  parity: 82,
  memberCount: 83,
  unitBlocks: 84,
  empty: 86,
  extentBlocks: 88,
  workedBy: 92,
  members: 96,
  live: 160,
  returning: 168,
} as const;

export type SuperblockReading =
  | { readonly kind: 'valid'; readonly superblock: Superblock }
  | { readonly kind: 'newer'; readonly generation: number; readonly found: string }
  /** Never written. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'damaged' };

/** Write a superblock into a slot-sized buffer. `checksum` sees the buffer with its checksum field zero. */
export function encodeSuperblock(superblock: Superblock, into: Uint8Array, checksum: () => bigint): void {
  const { identity, view } = superblock;
  if (identity.members.length > arrayMembersMax) throw new RangeError('An array has at most 64 members.');
  const target = viewOf(into);
  into.fill(0);
  into.set(Buffer.from(magic, 'latin1'), 0);
  target.setUint32(at.version, formatVersion, true);
  const journaled = superblock.journaledBlocks ? journaledBlocksFeature : 0;
  const techniques = superblock.techniques ? techniquesFeature : 0;
  target.setUint32(at.incompat, journaled | techniques | (superblock.reserves ? reservesFeature : 0), true);
  into.set(Buffer.from(identity.arrayId, 'hex'), at.arrayId);
  into.set(Buffer.from(identity.driveId, 'hex'), at.driveId);
  target.setBigUint64(at.generation, BigInt(superblock.generation), true);
  target.setUint32(at.epoch, view.epoch, true);
  target.setUint32(at.logGeneration, superblock.logGeneration, true);
  target.setUint8(at.member, identity.member);
  target.setUint8(at.data, identity.data);
  target.setUint8(at.parity, identity.parity);
  target.setUint8(at.memberCount, identity.members.length);
  target.setUint16(at.unitBlocks, identity.unitBlocks, true);
  target.setUint8(at.empty, superblock.empty ? 1 : 0);
  target.setUint32(at.extentBlocks, identity.extentBlocks, true);
  target.setUint32(at.workedBy, superblock.workedBy, true);
  into.set(identity.members, at.members);
  target.setBigUint64(at.live, maskOf(view.live), true);
  target.setBigUint64(at.returning, maskOf(view.returning ?? []), true);
  target.setBigUint64(checksumAt, checksum(), true);
}

/** Read a slot. `checksum` is called with the checksum field zeroed in `from`. */
export function decodeSuperblock(from: Uint8Array, checksum: () => bigint): SuperblockReading {
  const source = viewOf(from);
  if (from.every((byte) => byte === 0)) return { kind: 'blank' };
  if (Buffer.from(from.subarray(0, magic.length)).toString('latin1') !== magic) return { kind: 'damaged' };
  const written = source.getBigUint64(checksumAt, true);
  source.setBigUint64(checksumAt, 0n, true);
  if (written !== checksum()) return { kind: 'damaged' };
  const generation = Number(source.getBigUint64(at.generation, true));
  const newer = unknownFeatures(source);
  if (newer !== undefined) return { kind: 'newer', generation, found: newer };
  const identity: DriveIdentity = {
    arrayId: hex(from, at.arrayId),
    driveId: hex(from, at.driveId),
    member: source.getUint8(at.member),
    members: [...from.subarray(at.members, at.members + source.getUint8(at.memberCount))],
    data: source.getUint8(at.data),
    parity: source.getUint8(at.parity) === 2 ? 2 : 1,
    unitBlocks: source.getUint16(at.unitBlocks, true),
    extentBlocks: source.getUint32(at.extentBlocks, true),
  };
  const returning = membersOf(source.getBigUint64(at.returning, true));
  const view: ArrayView = {
    epoch: source.getUint32(at.epoch, true),
    live: membersOf(source.getBigUint64(at.live, true)),
    ...(returning.length > 0 && { returning }),
  };
  const empty = source.getUint8(at.empty) === 1;
  const workedBy = source.getUint32(at.workedBy, true);
  const logGeneration = source.getUint32(at.logGeneration, true);
  const incompat = source.getUint32(at.incompat, true);
  const journaledBlocks = (incompat & journaledBlocksFeature) !== 0;
  const techniques = (incompat & techniquesFeature) !== 0;
  const reserves = (incompat & reservesFeature) !== 0;
  const features = { journaledBlocks, techniques, reserves };
  return { kind: 'valid', superblock: { identity, view, generation, workedBy, empty, logGeneration, ...features } };
}

/**
 * Features are bits: `compat` may be ignored by who does not know them, `readOnlyCompat` forbids writing, `incompat`
 * forbids opening. This version knows three incompatible features, and always writes.
 */
function unknownFeatures(source: DataView): string | undefined {
  const version = source.getUint32(at.version, true);
  const readOnlyCompat = source.getUint32(at.readOnlyCompat, true);
  const incompat = (source.getUint32(at.incompat, true) & ~knownFeatures) >>> 0;
  if (incompat !== 0) return `format ${version} with the features 0x${incompat.toString(16)}`;
  if (readOnlyCompat !== 0) return `format ${version} with the read-only features 0x${readOnlyCompat.toString(16)}`;
  const parity = source.getUint8(at.parity);
  if (parity !== 1 && parity !== 2) return `format ${version} with ${parity} parity slots a group`;
  return version > formatVersion ? `format ${version}` : undefined;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hex = (bytes: Uint8Array, from: number) => Buffer.from(bytes.subarray(from, from + 16)).toString('hex');
const maskOf = (members: readonly number[]) => members.reduce((mask, member) => mask | (1n << BigInt(member)), 0n);
const membersOf = (mask: bigint) =>
  Array.from({ length: arrayMembersMax }, (_, member) => member).filter((member) => (mask >> BigInt(member)) & 1n);
