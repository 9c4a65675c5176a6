import { parentPort } from 'node:worker_threads';
import { answer, type Request } from '../load/load.ts';

parentPort?.on('message', ({ call, request }: { call: number; request: Request }) => {
  parentPort?.postMessage({ call, reply: answer(request) });
});
