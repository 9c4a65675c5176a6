import { type MessagePort, parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import { answer } from '../load/load.ts';
import { nodeEndpoint } from './comlink-endpoint.ts';

const answers = { answer };
export type Answers = typeof answers;

expose(answers, nodeEndpoint(parentPort as MessagePort));
