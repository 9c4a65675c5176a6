import { parentPort, workerData } from 'node:worker_threads';
import { drive } from '../load/drive.ts';
import type { Load } from '../load/load.ts';
import { openPeer, type PeerName } from './modules.ts';

/** What a calling thread is told: which peer to open, and how to load it. */
export interface CallerOrder {
  readonly peer: PeerName;
  readonly load: Load;
}

const { peer, load } = workerData as CallerOrder;
const caller = await openPeer[peer]();
const sample = await drive(caller, load);
await caller.close();
parentPort?.postMessage(sample);
