import { type MessagePort, workerData } from 'node:worker_threads';
import type { CalleeWake } from './bare-wake.ts';

const { port, awake, calleeWake } = workerData as { port: MessagePort; awake: Int32Array; calleeWake: CalleeWake };

if (calleeWake === 'ring') port.on('message', () => port.postMessage(0));
else {
  for (;;) {
    Atomics.wait(awake, 0, 0);
    Atomics.store(awake, 0, 0);
    port.postMessage(0);
  }
}
