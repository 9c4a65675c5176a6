import type { Area } from '../harness/question.ts';
import { parity } from './parity.ts';
import { rpcThroughput } from './rpc-throughput.ts';

export const runtimeArea: Area = { name: 'runtime', questions: [...rpcThroughput, ...parity] };
