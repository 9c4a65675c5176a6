import type { NfsClient, NfsHeads, Stateid } from '@holdfast/nfs-state';
import type { Cluster } from '@holdfast/runtime';
import type { Contender, Question } from '../harness/question.ts';
import { granted, headNodes, type LockingClient, lockingClients, withHeads } from '../ours/nfs-cluster.ts';

const opens = 10_000;
const opensQuick = 1000;
const probes = 8;
const opensInFlight = 64;
/** Before the kill and after it. */
const loadMs = 500;

/** Files of one client of NFSv4.1, whose opens need no turns. */
async function openFiles(client: NfsClient, count: number): Promise<Stateid[]> {
  const principal = 'bench';
  const asked = { name: 'opener', verifier: '1', principal, update: false } as const;
  const said = await granted(client, { type: 'exchange-id', ...asked });
  const id = said.clientId!;
  await granted(client, { type: 'create-session', client: id, sequence: said.sequence!, principal, slots: 1 });
  await granted(client, { type: 'reclaim-complete', client: id });
  const stateids = new Array<Stateid>(count);
  let next = 0;
  const walk = async () => {
    while (next < count) {
      const nth = next++;
      const open = { client: id, owner: `o${nth}`, seqid: 0, file: `held-${nth}`, access: 3, deny: 2 } as const;
      stateids[nth] = (await granted(client, { type: 'open', ...open })).stateid!;
    }
  };
  await Promise.all(Array.from({ length: opensInFlight }, walk));
  return stateids;
}

/** Whether every one of the opens is served by its stateid as before: nobody had to reclaim anything. */
async function notServed(client: NfsClient, stateids: readonly Stateid[]): Promise<number> {
  const replies = await Promise.all(
    stateids.map((stateid, nth) => client.ask({ type: 'io', file: `held-${nth}`, stateid, write: true })),
  );
  return replies.filter(({ status }) => status !== 'OK').length;
}

async function appenderOf(nfs: NfsHeads): Promise<string> {
  for (;;) {
    const appender = await nfs.appender();
    if (appender !== undefined) return appender;
  }
}

/** The longest that a change waited, from when the death was known on. */
async function worstStallMs(cluster: Cluster, clients: readonly LockingClient[], victim: string): Promise<number> {
  const known = Promise.withResolvers<number>();
  const subscription = cluster.events$.subscribe((event) => {
    if (event.type === 'node-down') known.resolve(performance.now());
  });
  const spans: { readonly fromMs: number; readonly toMs: number }[] = [];
  let isOver = false;
  const loop = async (client: LockingClient) => {
    while (!isOver) {
      const fromMs = performance.now();
      await client.change();
      spans.push({ fromMs, toMs: performance.now() });
    }
  };
  const working = Promise.all(clients.map(loop));
  await new Promise((resolve) => setTimeout(resolve, loadMs));
  await cluster.kill(victim);
  const knownMs = await known.promise;
  subscription.unsubscribe();
  await new Promise((resolve) => setTimeout(resolve, loadMs));
  isOver = true;
  await working;
  return Math.max(0, ...spans.map(({ fromMs, toMs }) => toMs - Math.max(fromMs, knownMs)));
}

const ours: Contender = {
  name: 'ours',
  round: ({ quick }) =>
    withHeads({}, async ({ cluster, nfs }) => {
      const client = nfs.client();
      const stateids = await openFiles(client, quick ? opensQuick : opens);
      const clients = await lockingClients(nfs, probes);
      const victim = await appenderOf(nfs);
      const value = await worstStallMs(cluster, clients, victim);
      const survivor = headNodes.find((node) => node !== victim)!;
      const reclaims = await notServed(nfs.head(survivor).client(), stateids);
      return { value, details: { 'opens to be reclaimed': reclaims } };
    }),
};

export const takeover: readonly Question[] = [
  {
    name: `takeover of a dead head with ${opens} opens: worst stall after its death is known`,
    unit: 'ms',
    better: 'lower',
    ours,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 200 },
      { measure: 'value', against: [], detail: 'opens to be reclaimed', unit: 'opens', max: 0 },
    ],
    roundsMax: 5,
  },
];
