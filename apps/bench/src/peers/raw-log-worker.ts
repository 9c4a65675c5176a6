import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** Appends each batch it is sent to its file, flushes it, and says so. */
const file = openSync(String(workerData), 'w');
let at = 0;

parentPort!.on('message', (bytes: Uint8Array | 'end') => {
  if (bytes === 'end') {
    closeSync(file);
    parentPort!.close();
    return;
  }
  writeSync(file, bytes, 0, bytes.length, at);
  fdatasyncSync(file);
  at += bytes.length;
  parentPort!.postMessage(at);
});
