import { type PriorityOptions, priorityTable } from '@holdfast/nfs-state';
import type { Contender, Question } from '../harness/question.ts';
import { headNodes, type LockingClient, lockingClients, withHeads } from '../ours/nfs-cluster.ts';
import { closedLoop } from './closed-loop.ts';

/** One in so many operations changes something: a LOCK or LOCKU. The others are RENEW. */
const operationsPerChange = 5;

/** Before a kill. */
const loadMs = 200;

const allVolatile = Object.fromEntries(Object.keys(priorityTable).map((kind) => [kind, 'volatile']));

/**
 * Kill the head that is asked while all clients lock and unlock. Whoever is refused by the other head, which does not know
 * what the client was told, has lost something it was promised.
 */
async function lostPromises(clients: readonly LockingClient[], kill: () => Promise<void>): Promise<number> {
  let isOver = false;
  let lost = 0;
  const loop = async (client: LockingClient) => {
    try {
      while (!isOver) await client.change();
      await client.change();
    } catch {
      lost++;
    }
  };
  const working = Promise.all(clients.map(loop));
  await new Promise((resolve) => setTimeout(resolve, loadMs));
  await kill();
  isOver = true;
  await working;
  return lost;
}

const contender = (name: string, priority: PriorityOptions, count: number): Contender => ({
  name,
  round: (budget) =>
    withHeads(priority, async ({ cluster, nfs, logged }) => {
      const clients = await lockingClients(nfs, count);
      const before = await logged();
      let asked = 0;
      const turns = new Uint32Array(count);
      const sample = await closedLoop(count, budget, (nth) => {
        asked++;
        const client = clients[nth]!;
        return turns[nth]!++ % operationsPerChange === 0 ? client.change() : client.renew();
      });
      const logBytes = ((await logged()).bytes - before.bytes) / asked;
      const lost = await lostPromises(clients, () => cluster.kill(headNodes[0]!));
      return {
        ...sample,
        details: { 'log bytes an operation': logBytes, 'clients that lost a lock or its stateid at a kill': lost },
      };
    }),
});

const question = (count: number): Question => {
  const durable = contender('all durable', { change: { renewed: 'durable' } }, count);
  const volatile = contender('all volatile', { change: allVolatile, unsafe: true }, count);
  return {
    name: `${count} clients, one outstanding each, 80 % RENEW`,
    unit: 'ops/s',
    better: 'higher',
    ours: contender('ours', {}, count),
    peers: [durable, volatile],
    verdicts: [
      { measure: 'ratio', against: [durable.name], ...(count === 8 ? { min: 3 } : {}) },
      { measure: 'ratio', against: [volatile.name] },
      {
        measure: 'value',
        against: [],
        detail: 'clients that lost a lock or its stateid at a kill',
        unit: 'clients',
        max: 0,
      },
      {
        measure: 'difference',
        against: [volatile.name],
        detail: 'clients that lost a lock or its stateid at a kill',
        unit: 'clients',
      },
      { measure: 'ratio', against: [durable.name], detail: 'log bytes an operation', unit: 'bytes' },
    ],
    roundsMax: 3,
  };
};

/** Same log, same group commit: only the table of priorities differs. */
export const priorities: readonly Question[] = [8, 64].map(question);
