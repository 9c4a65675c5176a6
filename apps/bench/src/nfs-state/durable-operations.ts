import type { Contender, Question } from '../harness/question.ts';
import { lockingClients, withHeads } from '../ours/nfs-cluster.ts';
import { RawLog } from '../peers/raw-log.ts';
import { closedLoop } from './closed-loop.ts';

const clients = 64;
/** Of the log, for each operation, padding included, as `ours` reports it. */
let bytesEach = 700;

const ours: Contender = {
  name: 'ours',
  round: (budget) =>
    withHeads({}, async ({ nfs, logged }) => {
      const locking = await lockingClients(nfs, clients);
      const before = await logged();
      let total = 0;
      const sample = await closedLoop(clients, budget, (client) => {
        total++;
        return locking[client]!.change();
      });
      const after = await logged();
      bytesEach = (after.bytes - before.bytes) / total;
      const perBatch = total / (after.batches - before.batches);
      return { ...sample, details: { 'log bytes an operation': bytesEach, 'operations a batch': perBatch } };
    }),
};

const raw: Contender = {
  name: 'two files, two threads',
  round: async (budget) => {
    await using log = await RawLog.open(bytesEach);
    return await closedLoop(clients, budget, () => log.append());
  },
};

export const durableOperations: readonly Question[] = [
  {
    name: `durable operations (LOCK and LOCKU), ${clients} clients with one outstanding each`,
    unit: 'ops/s',
    better: 'higher',
    ours,
    peers: [raw],
    verdicts: [
      { measure: 'ratio', against: [raw.name], min: 0.5 },
      { measure: 'value', against: [], detail: 'log bytes an operation', unit: 'bytes' },
      { measure: 'value', against: [], detail: 'operations a batch', unit: '' },
    ],
    roundsMax: 5,
  },
];
