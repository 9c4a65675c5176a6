import type { Question } from '../harness/question.ts';
import { rpcOurs } from '../ours/rpc-ours.ts';
import { bareWake } from '../peers/modules.ts';
import { type CallPath, rpcPeers } from '../peers/rpc-peers.ts';

const paths: readonly CallPath[] = ['main to node', 'node to node'];
const goals = {
  event: { piscina: 1.2, comlink: 0.85 },
  blocking: { piscina: 1.0, comlink: 0.75 },
} as const;

/** One call at a time: the median round trip. A piscina worker waits in `Atomics.wait`, as a blocking node does. */
export const rpcLatency: readonly Question[] = paths.flatMap((path) =>
  (['event', 'blocking'] as const).map((loop): Question => {
    const callee = loop === 'event' ? 'event-loop callee' : 'blocking callee';
    return {
      name: `rpc, one outstanding, p50, ${path}, ${callee}`,
      unit: 'µs',
      better: 'lower',
      ours: rpcOurs({ name: 'ours', path, outstanding: 1, loop }),
      peers: rpcPeers(['piscina', 'comlink', bareWake[loop]], path, 1),
      verdicts: [
        { measure: 'ratio', against: ['piscina'], max: goals[loop].piscina },
        { measure: 'ratio', against: ['comlink'], max: goals[loop].comlink },
        { measure: 'difference', against: [bareWake[loop]] },
      ],
    };
  }),
);
