import { defineService, firstDynamicPort, rpc } from '@holdfast/runtime';
import { z } from 'zod';

/** Any port that no service uses. */
export const sinkPort = firstDynamicPort + 900;

export const FrameSink = defineService('frame-sink', {
  /** Frames handled so far. Travels in the frames' own class: everything sent before it has been handled. */
  counted: rpc({ out: z.int() }),
});

export default FrameSink.implement(({ exchange, signal }) => {
  let frames = 0;
  let checksum = 0;
  const stop = exchange.consume(sinkPort, (_from, bytes, start, end) => {
    checksum = (checksum + (bytes[start] as number) + (bytes[end - 1] as number)) | 0;
    frames++;
  });
  signal.addEventListener('abort', stop);
  return { counted: () => frames };
});
