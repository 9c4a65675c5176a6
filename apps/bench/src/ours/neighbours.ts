import type { MemberExchange } from '@holdfast/runtime/internals';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

export const Neighbours = defineService('neighbours', {
  hello: rpc({ out: z.string() }),
  /** Call each of the named nodes once; how many of this member's peers are then reached over a ring, and how many not. */
  meet: rpc({ in: z.array(z.string()), out: z.object({ rings: z.int(), others: z.int() }) }),
});

export default Neighbours.implement((context) => ({
  hello: () => context.name,
  meet: async (names) => {
    const neighbours = context.service(Neighbours);
    for (const node of names) {
      const answer = await neighbours.hello(undefined, { node });
      if (answer !== node) throw new Error(`${node} called itself ${answer}`);
    }
    return ringEnds(context.exchange as MemberExchange);
  },
}));

export function ringEnds(exchange: MemberExchange): { rings: number; others: number } {
  const peers = exchange.diagnostics();
  const rings = peers.filter(({ links }) => links.some(({ driver }) => driver === 'ring')).length;
  return { rings, others: peers.length - rings };
}
