import { workerData } from 'node:worker_threads';
import { fillFrame, frameBytes, framesPerBatch } from '../load/frames.ts';
import {
  framesReadWord,
  headWord,
  type RingOrder,
  recordHeaderBytes,
  ringDataBytes,
  ringHeaderBytes,
  stopWord,
  tailWord,
} from './bare-ring.ts';

const { side, memory } = workerData as RingOrder;
const words = new Int32Array(memory);
const data = new Uint8Array(memory, ringHeaderBytes, ringDataBytes);
const dataWords = new Int32Array(memory, ringHeaderBytes, ringDataBytes >> 2);
const batchBytes = framesPerBatch * (recordHeaderBytes + frameBytes);

if (side === 'writer') write();
else read();

function write(): void {
  const frame = new Uint8Array(frameBytes);
  let at = 0;
  for (let tail = 0; Atomics.load(words, stopWord) === 0; ) {
    for (let head = Atomics.load(words, headWord); full(tail, head); head = Atomics.load(words, headWord)) {
      if (Atomics.load(words, stopWord) !== 0) return;
      Atomics.wait(words, headWord, head);
    }
    for (let index = 0; index < framesPerBatch; index++) {
      fillFrame(frame, index);
      dataWords[at >> 2] = frameBytes;
      data.set(frame, at + recordHeaderBytes);
      at = after(at, frameBytes);
    }
    tail = (tail + batchBytes) | 0;
    Atomics.store(words, tailWord, tail);
    Atomics.notify(words, tailWord);
  }
}

function full(tail: number, head: number): boolean {
  return ringDataBytes - ((tail - head) >>> 0) < batchBytes;
}

function read(): void {
  let at = 0;
  let head = 0;
  let frames = 0;
  let checksum = 0;
  while (Atomics.load(words, stopWord) === 0) {
    const tail = Atomics.load(words, tailWord);
    if (tail === head) {
      Atomics.wait(words, tailWord, tail);
      continue;
    }
    while (head !== tail) {
      const bytes = dataWords[at >> 2] as number;
      const first = at + recordHeaderBytes;
      checksum = (checksum + (data[first] as number) + (data[first + bytes - 1] as number)) | 0;
      at = after(at, bytes);
      head = (head + recordHeaderBytes + bytes) | 0;
      frames++;
    }
    Atomics.store(words, headWord, head);
    Atomics.notify(words, headWord);
    Atomics.store(words, framesReadWord, frames);
  }
}

/** Where the record after the one at `at` lies. */
function after(at: number, bytes: number): number {
  const next = at + recordHeaderBytes + bytes;
  return next === ringDataBytes ? 0 : next;
}
