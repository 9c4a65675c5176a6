import { blockBytes, logBatchPagesMax } from '../limits.ts';

/**
 * The unit of the log: records written, checksummed and flushed together. Its length is a multiple of 4096, so that no
 * batch shares a sector with another, and it starts with this header.
 */
export interface BatchHeader {
  /** Bytes of the batch, header and padding included. */
  readonly bytes: number;
  readonly checksum: bigint;
  /** Checksum of the batch before: the hash chain. 0 in the first batch of a log. */
  readonly previous: bigint;
  /** 1, 2, 3, ... within one log generation. */
  readonly sequence: number;
  readonly logGeneration: number;
  /** End of the records; zeros follow. */
  readonly usedBytes: number;
  /** 32 hexadecimal digits: a batch of another drive is no batch of this one. */
  readonly driveId: string;
}

export const batchHeaderBytes = 64;
export const batchBytesMax = logBatchPagesMax * blockBytes;

const magic = 0x424c4648;
const checksumAt = 8;

export function encodeBatchHeader(into: Uint8Array, header: Omit<BatchHeader, 'checksum'>): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  view.setUint32(0, magic, true);
  view.setUint32(4, header.bytes, true);
  view.setBigUint64(checksumAt, 0n, true);
  view.setBigUint64(16, header.previous, true);
  view.setBigUint64(24, BigInt(header.sequence), true);
  view.setUint32(32, header.logGeneration, true);
  view.setUint32(36, header.usedBytes, true);
  into.set(bytesOfId(header.driveId), 40);
}

let idBytes = { driveId: '', bytes: new Uint8Array(0) };

/** Those of the last id asked for are kept: a thread writes the log of one drive. */
function bytesOfId(driveId: string): Uint8Array {
  if (idBytes.driveId !== driveId) idBytes = { driveId, bytes: new Uint8Array(Buffer.from(driveId, 'hex')) };
  return idBytes.bytes;
}

export function setBatchChecksum(into: Uint8Array, checksum: bigint): void {
  new DataView(into.buffer, into.byteOffset, into.byteLength).setBigUint64(checksumAt, checksum, true);
}

/** The header, when the first bytes look like one of this log; the checksum is not looked at. */
export function decodeBatchHeader(from: Uint8Array, logGeneration: number, driveId: string): BatchHeader | undefined {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const bytes = view.getUint32(4, true);
  const usedBytes = view.getUint32(36, true);
  const plausible =
    view.getUint32(0, true) === magic &&
    bytes > 0 &&
    bytes <= batchBytesMax &&
    bytes % blockBytes === 0 &&
    usedBytes >= batchHeaderBytes &&
    usedBytes <= bytes &&
    view.getUint32(32, true) === logGeneration &&
    Buffer.from(from.subarray(40, 56)).toString('hex') === driveId;
  if (!plausible) return undefined;
  return {
    bytes,
    checksum: view.getBigUint64(checksumAt, true),
    previous: view.getBigUint64(16, true),
    sequence: Number(view.getBigUint64(24, true)),
    logGeneration,
    usedBytes,
    driveId,
  };
}
