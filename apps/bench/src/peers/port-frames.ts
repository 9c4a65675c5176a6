import { Worker } from 'node:worker_threads';
import type { Contender } from '../harness/question.ts';
import { driveFrames, type FrameSender, fillFrame, frameBytes, framesPerBatch } from '../load/frames.ts';
import { sibling } from './sibling.ts';

/** Posts under way before the sender waits for the receiver: without a bound the queue would grow without end. */
const postsInFlightMax = 64;

type Batch = Uint8Array | readonly Uint8Array[];

export const arrayOfFrames = 'postMessage of 64 Uint8Arrays';
export const packedFrames = 'postMessage of one packed 4 KiB buffer';

export const portFrames: readonly Contender[] = [
  contender(arrayOfFrames, () => {
    const frames = Array.from({ length: framesPerBatch }, () => new Uint8Array(frameBytes));
    return () => {
      frames.forEach(fillFrame);
      return frames;
    };
  }),
  contender(packedFrames, () => {
    const frame = new Uint8Array(frameBytes);
    const packed = new Uint8Array(frameBytes * framesPerBatch);
    return () => {
      for (let index = 0; index < framesPerBatch; index++) {
        fillFrame(frame, index);
        packed.set(frame, index * frameBytes);
      }
      return packed;
    };
  }),
];

function contender(name: string, prepare: () => () => Batch): Contender {
  return {
    name,
    round: async (budget) => {
      const sender = openSender(prepare());
      try {
        return await driveFrames(sender, budget);
      } finally {
        await sender.close();
      }
    },
  };
}

function openSender(nextBatch: () => Batch): FrameSender {
  const worker = new Worker(sibling('port-frames-worker', import.meta));
  let posted = 0;
  let handled = 0;
  let wake = () => {};
  worker.on('message', (frames: number) => {
    handled = frames;
    wake();
  });
  const untilInFlight = async (posts: number): Promise<void> => {
    while (posted - handled > posts * framesPerBatch) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    send: async (frames) => {
      const before = posted;
      while (posted - before < frames) {
        if (posted - handled >= postsInFlightMax * framesPerBatch) await untilInFlight(postsInFlightMax / 2);
        worker.postMessage(nextBatch());
        posted += framesPerBatch;
      }
      return posted - before;
    },
    settle: async () => {
      await untilInFlight(0);
      return handled;
    },
    close: async () => {
      await worker.terminate();
    },
  };
}
