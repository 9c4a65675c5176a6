import type { Question } from '../harness/question.ts';
import { rpcOurs } from '../ours/rpc-ours.ts';
import { handWritten, pools } from '../peers/modules.ts';
import { type CallPath, rpcPeers } from '../peers/rpc-peers.ts';

const outstanding = 1000;
const paths: readonly CallPath[] = ['main to node', 'node to node'];

/** A small object in and out, with validation, session, time-out and AbortSignal on our side. */
export const rpcThroughput: readonly Question[] = paths.map((path) => {
  const general = rpcOurs({ name: 'ours, msgpackr fallback', path, outstanding, codec: 'general' });
  return {
    name: `rpc, ${outstanding} outstanding, ${path}`,
    unit: 'calls/s',
    better: 'higher',
    ours: rpcOurs({ name: 'ours', path, outstanding }),
    peers: [...rpcPeers([...pools, handWritten], path, outstanding), general],
    verdicts: [
      { measure: 'ratio', against: pools, min: 8 },
      { measure: 'ratio', against: [handWritten], min: 4 },
      { measure: 'ratio', against: [general.name] },
    ],
  };
});
