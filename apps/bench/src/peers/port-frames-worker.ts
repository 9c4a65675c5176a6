import { parentPort } from 'node:worker_threads';
import { frameBytes } from '../load/frames.ts';

const postsPerReport = 4;

let frames = 0;
let posts = 0;
let checksum = 0;

parentPort?.on('message', (batch: Uint8Array | readonly Uint8Array[]) => {
  if (batch instanceof Uint8Array) {
    for (let at = 0; at < batch.length; at += frameBytes) {
      checksum = (checksum + (batch[at] as number) + (batch[at + frameBytes - 1] as number)) | 0;
      frames++;
    }
  } else {
    for (const frame of batch) {
      checksum = (checksum + (frame[0] as number) + (frame[frameBytes - 1] as number)) | 0;
      frames++;
    }
  }
  if (++posts % postsPerReport === 0) parentPort?.postMessage(frames);
});
