import { processCpuNs } from '../harness/cpu.ts';
import type { Budget, Sample } from '../harness/question.ts';

export const frameBytes = 64;
export const framesPerBatch = 64;

/** One way to bring 64-byte frames to another thread. */
export interface FrameSender {
  /** Send about `frames` frames; resolves when more may be sent. Returns how many were sent. */
  send(frames: number): Promise<number>;
  /** Resolves when the receiver has handled every frame sent; the number of frames it counted. */
  settle(): Promise<number>;
  close(): Promise<void>;
}

const framesPerTurn = 4096;

/** Frames per second that the receiver handled, and the CPU time of both threads per frame. */
export async function driveFrames(sender: FrameSender, { warmUpMs, measureMs }: Budget): Promise<Sample> {
  let sent = await sendFor(sender, warmUpMs);
  const before = await sender.settle();
  const cpuBefore = processCpuNs();
  const startedMs = performance.now();
  sent += await sendFor(sender, measureMs);
  const after = await sender.settle();
  const seconds = (performance.now() - startedMs) / 1000;
  const cpuNs = processCpuNs() - cpuBefore;
  if (after !== sent) throw new Error(`sent ${sent} frames, ${after} arrived`);
  return { value: (after - before) / seconds, cpuNs: cpuNs / (after - before) };
}

async function sendFor(sender: FrameSender, ms: number): Promise<number> {
  const untilMs = performance.now() + ms;
  let sent = 0;
  while (performance.now() < untilMs) sent += await sender.send(framesPerTurn);
  return sent;
}

/** A frame that says which one it is, so that the receiver has something to read. */
export function fillFrame(frame: Uint8Array, index: number): void {
  frame[0] = index;
  frame[frameBytes - 1] = index;
}
