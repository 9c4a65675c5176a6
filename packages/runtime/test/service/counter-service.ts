import { z } from 'zod';
import { defineService, rpc } from '../../src/service/define-service.ts';

export const Counter = defineService('counter', {
  add: rpc({ in: z.object({ by: z.int() }), out: z.int() }),
  who: rpc({ out: z.string() }),
});

export default Counter.implement((_, options) => {
  let { start } = z.object({ start: z.int() }).parse(options);
  return {
    add: ({ by }) => {
      start += by;
      return start;
    },
    who: (_, { caller }) => caller,
  };
});
