import { defineService, type PageRun, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

const Run = z.object({ first: z.int(), count: z.int(), generation: z.int() });

/** Works on pages of its caller, in place: the message names them, the bytes stay where they are. */
export const Brightness = defineService('brightness', {
  mean: rpc({ in: Run, out: z.number() }),
});

export default Brightness.implement(({ pages }) => ({
  mean: ({ first, count, generation }: PageRun) => {
    // Held pages are neither reused nor poisoned under us, whatever becomes of their owner.
    if (!pages.hold(first, count, generation)) throw new Error('the pages were given back before they were read');
    try {
      const bytes = pages.bytes(first, count);
      let sum = 0;
      for (const byte of bytes) sum += byte;
      return sum / bytes.length;
    } finally {
      pages.release(first, count);
    }
  },
}));
