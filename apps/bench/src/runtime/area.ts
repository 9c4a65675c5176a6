import type { Area } from '../harness/question.ts';
import { cycles } from './cycles.ts';
import { failover } from './failover.ts';
import { frames } from './frames.ts';
import { idle } from './idle.ts';
import { parity } from './parity.ts';
import { routing } from './routing.ts';
import { rpcLatency } from './rpc-latency.ts';
import { rpcThroughput } from './rpc-throughput.ts';
import { startUp } from './start-up.ts';

export const runtimeArea: Area = {
  name: 'runtime',
  questions: [
    ...rpcThroughput,
    ...rpcLatency,
    ...frames,
    ...failover,
    ...parity,
    ...routing,
    ...startUp,
    ...idle,
    ...cycles,
  ],
};
