import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

/** The contract: shared by the module that implements it and by every caller. */
export const Counter = defineService('counter', {
  add: rpc({ in: z.object({ by: z.int() }), out: z.int() }),
});

/** The implementation: runs on the node it is deployed to. What it keeps in memory ends with that node. */
export default Counter.implement(() => {
  let total = 0;
  return {
    add: ({ by }) => {
      total += by;
      return total;
    },
  };
});
