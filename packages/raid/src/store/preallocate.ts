import type { DriveFile } from '../drive/drive-files.ts';
import { flush } from './flush.ts';

const zeroBytes = 1 << 20;
const wasmPageBytes = 64 << 10;
let zeros: Uint8Array | undefined;

/** In a memory of its own, which begins at a page of the machine, so that they can go past the cache of the kernel. */
function zerosOfPages(): Uint8Array {
  const wasmPages = zeroBytes / wasmPageBytes;
  zeros ??= new Uint8Array(new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true }).buffer);
  return zeros;
}

/**
 * Write zeros over a range and make them durable. Space that was written once is overwritten later without a change of
 * the file's metadata, which makes a flush two to four times cheaper than one of an extended file (research: raid 9.2).
 *
 * They go past the cache: what is written through it in one piece stays there in one piece, and every later write of 4 KiB,
 * and its flush, then look at all blocks of that (Linux with ext4: a write and its fdatasync 100 µs of CPU in place of 55).
 */
export async function preallocate(file: DriveFile, from: number, bytes: number): Promise<void> {
  for (let at = 0; at < bytes; at += zeroBytes) {
    await file.write([zerosOfPages().subarray(0, Math.min(zeroBytes, bytes - at))], from + at);
  }
  await flush(file);
}
