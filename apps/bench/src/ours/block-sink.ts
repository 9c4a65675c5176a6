import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

/** Takes a block of 4 KiB and says where it was for: the smallest call that carries what a write carries. */
export const BlockSink = defineService('bench block sink', {
  take: rpc({ in: z.object({ at: z.int(), bytes: z.instanceof(Uint8Array) }), out: z.int() }),
});

export default BlockSink.implement(() => ({ take: ({ at }) => at }));
