import { MessageChannel, Worker } from 'node:worker_threads';
import { answer, type Caller, type Reply } from '../load/load.ts';
import { sibling } from './sibling.ts';

/** How the callee is woken: by a ring of a port in its event loop, or by a notify in `Atomics.wait`. */
export type CalleeWake = 'ring' | 'notify';

/**
 * No rpc: nothing but the two wake-ups that a call costs at least, in the two threads' own ways. The callee is woken and
 * rings back, the answer is made here. What a call takes beyond this is the code around the wake-ups.
 */
export async function open(calleeWake: CalleeWake): Promise<Caller> {
  const { port1: port, port2: calleePort } = new MessageChannel();
  const awake = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(sibling('bare-wake-worker', import.meta), {
    workerData: { port: calleePort, awake, calleeWake },
    transferList: [calleePort],
  });
  let finish: () => void = () => {};
  port.on('message', () => finish());
  return {
    call: (request) =>
      new Promise<Reply>((resolve) => {
        finish = () => resolve(answer(request));
        if (calleeWake === 'ring') port.postMessage(0);
        else {
          Atomics.store(awake, 0, 1);
          Atomics.notify(awake, 0);
        }
      }),
    close: async () => {
      port.close();
      await worker.terminate();
    },
  };
}
