/** Frames of a film that all nodes work on, each in pages of the shared memory. */
import '@holdfast/coherence';
import { defineContainer, pages } from '@holdfast/coherence';
import { defineService, pageBytes, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

export const pagesPerFrame = 16;

export const Frames = defineContainer('frames', {
  key: z.int(),
  value: pages(pagesPerFrame),
  initial: () => new Uint8Array(pagesPerFrame * pageBytes),
});

export const FrameDesk = defineService('frame-desk', {
  /** Add light to every pixel: the frame is this node's while it does. */
  brighten: rpc({ in: z.object({ frame: z.int(), by: z.int() }) }),
  /** The page a frame begins at, as this node sees it. */
  firstPage: rpc({ in: z.int(), out: z.int() }),
});

export default FrameDesk.implement(async (context) => {
  const frames = await context.container(Frames);
  return {
    brighten: async ({ frame, by }) => {
      await frames.grab(frame, (pixels) => {
        for (let at = 0; at < pixels.length; at++) pixels[at]! += by;
      });
    },
    firstPage: async (frame) => {
      // Alone with the frame, but without changing it: its pages come here as they are.
      using lease = await frames.grab(frame);
      return lease.value!.byteOffset / pageBytes;
    },
  };
});
