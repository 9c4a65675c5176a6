import type { Question } from '../harness/question.ts';
import { type CallPath, handWritten, pools, rpcPeers } from '../peers/rpc-peers.ts';

const outstanding = 1000;

const question = (path: CallPath): Question => {
  const peers = rpcPeers([...pools, handWritten], path, outstanding);
  return {
    name: `rpc, ${outstanding} outstanding, ${path}`,
    unit: 'calls/s',
    better: 'higher',
    ours: peers[0]!,
    peers: peers.slice(1),
    verdicts: [{ measure: 'ratio', against: [handWritten], min: 4 }],
  };
};

export const rpcThroughput = [question('main to node'), question('node to node')];
