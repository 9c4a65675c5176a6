import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Contender, Sample } from '../harness/question.ts';
import { drive } from '../load/drive.ts';
import type { Load } from '../load/load.ts';
import type { CallerOrder } from './caller-worker.ts';
import { openPeer, type PeerName, pools } from './modules.ts';
import { sibling } from './sibling.ts';

/** Where the calls come from: this thread, or a worker that calls another worker. */
export type CallPath = 'main to node' | 'node to node';

/** The peers of an rpc question, each with one callee thread. */
export function rpcPeers(names: readonly PeerName[], path: CallPath, outstanding: number): readonly Contender[] {
  return names.map((peer) => ({
    name: peer,
    packages: (pools as readonly string[]).includes(peer) ? [peer] : [],
    round: ({ measureMs, warmUpMs }) => {
      const load = { outstanding, measureMs, warmUpMs };
      return path === 'main to node' ? callFromHere(peer, load) : callFromWorker({ peer, load });
    },
  }));
}

async function callFromHere(peer: PeerName, load: Load): Promise<Sample> {
  const caller = await openPeer[peer]();
  try {
    return await drive(caller, load);
  } finally {
    await caller.close();
  }
}

async function callFromWorker(order: CallerOrder): Promise<Sample> {
  const worker = new Worker(sibling('caller-worker', import.meta), { workerData: order });
  try {
    const [sample] = (await once(worker, 'message')) as [Sample];
    return sample;
  } finally {
    await worker.terminate();
  }
}
