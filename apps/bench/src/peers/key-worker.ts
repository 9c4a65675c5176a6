import { parentPort, workerData } from 'node:worker_threads';
import { driveKeys } from '../load/keys.ts';
import type { KeyTask } from './key-peers.ts';
import { type KeyStoreOrder, openKeyStore } from './key-stores.ts';

const store = await openKeyStore(workerData as KeyStoreOrder);

async function count(outstanding: number, ms: number): Promise<number> {
  const untilMs = performance.now() + ms;
  let calls = 0;
  const chain = async (): Promise<void> => {
    for (; performance.now() < untilMs; calls++) await store.count?.();
  };
  await Promise.all(Array.from({ length: outstanding }, chain));
  return calls;
}

parentPort?.on('message', (task: KeyTask) => {
  const work = task.type === 'count' ? count(task.outstanding, task.ms) : driveKeys(store, task);
  void work.then((calls) => parentPort?.postMessage(calls));
});
parentPort?.postMessage(0);
