import type { FileAttributes, FileOutcome, OpId } from '../file-port.ts';
import { ownerBytesMax } from '../limits.ts';
import { blockBytes } from '../objects/object-port.ts';

/** An operation that was carried out, and its answer. */
export interface RememberedOp {
  readonly id: OpId;
  readonly changeBefore: number;
  readonly attributes: FileAttributes;
}

/** What is kept of a file beside its content, in one block: it is written whole or not at all, so that an id is
 * remembered if and only if its effect is. */
export interface AttributeBlock {
  readonly attributes: FileAttributes;
  /** The object is still to be cut off there; undefined when it is as long as it should be. */
  readonly cutAtBytes: number | undefined;
  /** The last operation of each owner, newest first. */
  readonly ops: readonly RememberedOp[];
}

const magic = 'HFFILE\0\0';
const version = 1;
const headBytes = 64;
const opBytes = 80;

/** Owners whose last operation a file remembers. */
export const rememberedOpsMax = Math.floor((blockBytes - headBytes) / opBytes);

/**
 * | at | bytes | what |
 * |---|---|---|
 * | 0 | 8 | `HFFILE` and two zeros |
 * | 8 | 4 | version: 1 |
 * | 12 | 4 | operations remembered |
 * | 16 | 24 | size, change, modified in milliseconds |
 * | 40 | 8 | 1 + where the object is still to be cut off; 0 for nowhere |
 * | 64 | 80 each | owner in 40 bytes, zero-padded; sequence; change before; size, change, modified after |
 *
 * Numbers are little-endian, of 64 bits where not said otherwise.
 */
export function encodeAttributes({ attributes, cutAtBytes, ops }: AttributeBlock): Uint8Array {
  const bytes = new Uint8Array(blockBytes);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto(magic, bytes);
  view.setUint32(8, version, true);
  view.setUint32(12, ops.length, true);
  putAttributes(view, 16, attributes);
  view.setBigUint64(40, cutAtBytes === undefined ? 0n : BigInt(cutAtBytes) + 1n, true);
  for (const [place, { id, changeBefore, attributes: after }] of ops.entries()) {
    const at = headBytes + place * opBytes;
    new TextEncoder().encodeInto(id.owner, bytes.subarray(at, at + ownerBytesMax));
    view.setBigUint64(at + 40, BigInt(id.sequence), true);
    view.setBigUint64(at + 48, BigInt(changeBefore), true);
    putAttributes(view, at + 56, after);
  }
  return bytes;
}

/** Undefined: all zeros, the file was never finished. A text: what is wrong with it. */
export function decodeAttributes(bytes: Uint8Array): AttributeBlock | string | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 8)) !== magic) return 'they do not begin with HFFILE';
  if (view.getUint32(8, true) !== version) return `they are of version ${view.getUint32(8, true)}, known is ${version}`;
  const count = view.getUint32(12, true);
  if (count > rememberedOpsMax) return `they count ${count} operations`;
  try {
    const cut = exact(view, 40);
    return {
      attributes: takeAttributes(view, 16),
      cutAtBytes: cut === 0 ? undefined : cut - 1,
      ops: Array.from({ length: count }, (_, place) => takeOp(bytes, view, headBytes + place * opBytes)),
    };
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/** The answer to an operation that was carried out before, or undefined when it is a new one. */
export function answerOf({ ops }: AttributeBlock, id: OpId): FileOutcome | undefined {
  const last = ops.find((each) => each.id.owner === id.owner);
  if (last === undefined || last.id.sequence < id.sequence) return undefined;
  if (last.id.sequence > id.sequence) return { status: 'superseded' };
  return { status: 'ok', changeBefore: last.changeBefore, attributes: last.attributes };
}

/** The operations with one more, in place of its owner's last. The owner that was silent longest is forgotten. */
export function remember(ops: readonly RememberedOp[], added: RememberedOp): RememberedOp[] {
  return [added, ...ops.filter((each) => each.id.owner !== added.id.owner)].slice(0, rememberedOpsMax);
}

function takeOp(bytes: Uint8Array, view: DataView, at: number): RememberedOp {
  const name = bytes.subarray(at, at + ownerBytesMax);
  const end = name.indexOf(0);
  const owner = new TextDecoder('latin1').decode(end === -1 ? name : name.subarray(0, end));
  if (owner === '') throw new RangeError('an operation has no owner');
  return {
    id: { owner, sequence: exact(view, at + 40) },
    changeBefore: exact(view, at + 48),
    attributes: takeAttributes(view, at + 56),
  };
}

function putAttributes(view: DataView, at: number, { sizeBytes, change, modifiedMs }: FileAttributes): void {
  view.setBigUint64(at, BigInt(sizeBytes), true);
  view.setBigUint64(at + 8, BigInt(change), true);
  view.setBigUint64(at + 16, BigInt(modifiedMs), true);
}

const takeAttributes = (view: DataView, at: number): FileAttributes => ({
  sizeBytes: exact(view, at),
  change: exact(view, at + 8),
  modifiedMs: exact(view, at + 16),
});

function exact(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new RangeError(`the number at ${at} is beyond 2^53`);
  return value;
}
