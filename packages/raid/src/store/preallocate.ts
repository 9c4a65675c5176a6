import type { DriveFile } from '../drive/drive-files.ts';
import { flush } from './flush.ts';

const zeros = new Uint8Array(1 << 20);

/**
 * Write zeros over a range and make them durable. Space that was written once is overwritten later without a change of
 * the file's metadata, which makes a flush two to four times cheaper than one of an extended file (research: raid 9.2).
 */
export async function preallocate(file: DriveFile, from: number, bytes: number): Promise<void> {
  for (let at = 0; at < bytes; at += zeros.byteLength) {
    await file.write([zeros.subarray(0, Math.min(zeros.byteLength, bytes - at))], from + at);
  }
  await flush(file);
}
