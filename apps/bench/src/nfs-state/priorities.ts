import { type NfsHeads, type PriorityOptions, priorityTable } from '@holdfast/nfs-state';
import type { Contender, Question } from '../harness/question.ts';
import { headNodes, type LockingClient, lockingClients, withHeads } from '../ours/nfs-cluster.ts';
import { closedLoop } from './closed-loop.ts';

/** One in so many operations changes something: a LOCK or LOCKU. The others are RENEW. */
const operationsPerChange = 5;

const allVolatile = Object.fromEntries(Object.keys(priorityTable).map((kind) => [kind, 'volatile']));

/** Kill the head that was asked while all clients change something, and count who lost what he was told. */
async function lostPromises(nfs: NfsHeads, clients: readonly LockingClient[], kill: () => Promise<void>) {
  await Promise.all(clients.map((client) => (client.isLocked ? client.change() : undefined)));
  await Promise.all(clients.map((client) => client.change()));
  await kill();
  const held = new Set((await nfs.locks()).filter(({ ranges }) => ranges.length > 0).map(({ client }) => client));
  return clients.filter(({ id }) => !held.has(id)).length;
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
      const lost = await lostPromises(nfs, clients, () => cluster.kill(headNodes[0]!));
      return { ...sample, details: { 'log bytes an operation': logBytes, 'locks lost at a kill': lost } };
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
      { measure: 'value', against: [], detail: 'locks lost at a kill', unit: 'locks', max: 0 },
      { measure: 'ratio', against: [volatile.name], detail: 'locks lost at a kill', unit: 'locks' },
      { measure: 'ratio', against: [durable.name], detail: 'log bytes an operation', unit: 'bytes' },
    ],
    roundsMax: 3,
  };
};

/** Same log, same group commit: only the table of priorities differs. */
export const priorities: readonly Question[] = [8, 64].map(question);
