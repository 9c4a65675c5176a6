import { parentPort, workerData } from 'node:worker_threads';
import { driveLatency, driveThroughput } from '../load/drive.ts';
import type { Caller, Load } from '../load/load.ts';

/** What a calling thread is told: which peer to open, and how to load it. */
export interface CallerOrder {
  /** URL of a module that exports `open`. */
  readonly peer: string;
  readonly load: Load;
}

const { peer, load } = workerData as CallerOrder;
const { open } = (await import(peer)) as { open: () => Promise<Caller> };
const caller = await open();
const sample = await (load.outstanding === 1 ? driveLatency(caller, load) : driveThroughput(caller, load));
await caller.close();
parentPort?.postMessage(sample);
