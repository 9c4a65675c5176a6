import { always, canFinish, type Property, sometimes, type WorldView } from '@holdfast/simulation';
import { conflicting } from '../kernel/lock-ranges.ts';
import { planOperation } from '../kernel/plan-operation.ts';
import {
  anonymousStateid,
  type Locks,
  type NfsState,
  type Open,
  type Session,
  type Stateid,
  shareRead,
  shareWrite,
} from '../kernel/state-types.ts';
import { stateBoundsDefault } from '../limits.ts';
import type { ClientState } from './nfs-client.ts';
import { clientIds, fileId, mintedBy } from './nfs-parts.ts';
import {
  clientOf,
  clientsOf,
  headsOf,
  isQuiet,
  isSettled,
  leasesOf,
  logOf,
  type NfsScenario,
  stateOf,
} from './nfs-scenario.ts';
import { images } from './plain-states.ts';

const modes = [shareRead, shareWrite] as const;

/** Whether the state still knows the client: who was expired holds nothing, and learns it later. */
const isThere = (view: WorldView, client: number): boolean =>
  stateOf(logOf(view).image).clients.has(clientIds[client]!);

/** Whether an open of the other client goes against the delegation of one, as it stands in the log. */
function isDelegatedAgainst(view: WorldView, { delegation }: ClientState, other: ClientState): boolean {
  if (delegation === null || !isDelegated(view, { delegation })) return false;
  return delegation.type === 'write' ? other.access !== 0 : (other.access & shareWrite) !== 0;
}

const isDelegated = (view: WorldView, { delegation }: Pick<ClientState, 'delegation'>): boolean =>
  delegation !== null && stateOf(logOf(view).image).delegations.has(delegation.stateid.key);

function excludeEachOther(view: WorldView): string | undefined {
  const [a, b] = clientsOf(view);
  if (a === undefined || b === undefined || !isThere(view, 0) || !isThere(view, 1)) return undefined;
  if ((a.access & b.deny) !== 0 || (b.access & a.deny) !== 0) return 'one client was granted what the other denies';
  if (isDelegatedAgainst(view, a, b) || isDelegatedAgainst(view, b, a))
    return 'one client was granted what the other is delegated';
  for (const wanted of a.ranges) {
    if (conflicting(b.ranges, wanted) !== undefined) return 'both clients were granted a lock on the same bytes';
  }
  return undefined;
}

const opensOf = (state: NfsState, client: number): Open[] =>
  [...state.opens.values()].filter((open) => open.client === clientIds[client]);

const locksOf = (state: NfsState, client: number): Locks[] =>
  [...state.locks.values()].filter((locks) => locks.client === clientIds[client]);

/** What was granted and not given back is in the log, or its client was expired. */
function losesNothing(view: WorldView): string | undefined {
  const state = stateOf(logOf(view).image);
  for (const [client, { access, deny, ranges }] of clientsOf(view).entries()) {
    if (!isThere(view, client)) continue;
    const [open] = opensOf(state, client);
    const has = open !== undefined && (access & ~open.access) === 0 && (deny & ~open.deny) === 0;
    if ((access !== 0 || deny !== 0) && !has) return `an open of ${clientIds[client]} is not in the log`;
    const held = locksOf(state, client).flatMap((locks) => locks.ranges);
    for (const { start, end, type } of ranges) {
      const isHeld = held.some((each) => each.start <= start && end <= each.end && each.type === type);
      if (!isHeld) return `a lock of ${clientIds[client]} is not in the log`;
    }
  }
  return undefined;
}

const mint = { epoch: 1, node: 0, next: () => 0n };

const maySo = (state: NfsState, stateid: Stateid, mode: number): boolean => {
  const operation = { type: 'io', file: fileId, stateid, write: mode === shareWrite } as const;
  return planOperation(state, operation, mint, stateBoundsDefault).reply.status === 'OK';
};

/** Reads and writes that a head would carry out now, under any stateid it knows and under none. */
function servesNoOneWrongly(view: WorldView): string | undefined {
  const clients = clientsOf(view);
  for (const [head, { serving, image }] of headsOf(view).entries()) {
    if (!serving) continue;
    const state = stateOf(image);
    for (const mode of modes) {
      const denied = clients.findIndex(({ deny }, client) => (deny & mode) !== 0 && isThere(view, client));
      if (denied !== -1 && maySo(state, anonymousStateid, mode))
        return `head ${head} lets anybody do what ${clientIds[denied]} denies`;
      const delegated = clients.findIndex(
        ({ delegation }) => delegation?.type === 'write' || (delegation !== null && mode === shareWrite),
      );
      const isHeld = delegated !== -1 && isDelegated(view, clients[delegated]!);
      if (isHeld && maySo(state, anonymousStateid, mode))
        return `head ${head} lets anybody do what ${clientIds[delegated]} is delegated`;
      for (const { key, client } of state.delegations.values()) {
        if (!maySo(state, { key, seqid: 1 }, mode)) continue;
        const number = clientIds.indexOf(client as 'a' | 'b');
        if (clients[number]!.returned === key) return `head ${head} serves a delegation that ${client} returned`;
        const other = clients[1 - number]!;
        const clashes = (other.access & shareWrite) !== 0 || (mode === shareWrite && other.access !== 0);
        if (clashes && isThere(view, 1 - number))
          return `head ${head} serves the delegation of ${client} that the other client's open took`;
      }
      for (const { key, seqid, client } of state.opens.values()) {
        if (!maySo(state, { key, seqid }, mode)) continue;
        const number = clientIds.indexOf(client as 'a' | 'b');
        const { out, without, open } = clients[number]!;
        const isKnown = open?.key === key;
        if (!isKnown && mintedBy(key) !== out?.request.call)
          return `head ${head} serves an open of ${client} that is closed`;
        if (isKnown && (without & mode) !== 0) return `head ${head} serves what ${client} gave back`;
        const other = clients[1 - number]!;
        if ((other.deny & mode) !== 0 && isThere(view, 1 - number))
          return `head ${head} serves ${client} what the other client denies`;
      }
    }
  }
  return undefined;
}

/** Data servers ask the head they are at: what it lets a client do there. */
function servesNoLayoutWrongly(view: WorldView): string | undefined {
  const clients = clientsOf(view);
  const { layouts } = stateOf(logOf(view).image);
  for (const [head, { serving, image }] of headsOf(view).entries()) {
    if (!serving) continue;
    for (const { key, client } of stateOf(image).layouts.values()) {
      const number = clientIds.indexOf(client as 'a' | 'b');
      const { returned, out } = clients[number]!;
      if (returned === key) return `head ${head} serves a layout that ${client} returned`;
      const isTaken = !layouts.has(key) && out?.act.kind !== 'return-layout';
      if (isTaken && clients[1 - number]!.alone) return `head ${head} serves a layout of ${client} that was taken`;
    }
  }
  return undefined;
}

function happensOnce(view: WorldView): string | undefined {
  const { twice } = logOf(view);
  if (twice !== '') return `request ${twice} was carried out again, or after a later one`;
  const liar = clientsOf(view).findIndex(({ contradicted }) => contradicted);
  return liar === -1 ? undefined : `a request of ${clientIds[liar]} had two answers`;
}

function keepsToGrace(view: WorldView): string | undefined {
  const { untimely } = logOf(view);
  return untimely === '' ? undefined : `request ${untimely} was granted in the wrong period`;
}

/** Steps of slots that changed nothing are only where they were heard of. */
function isEqual(image: number, log: number): boolean {
  if (image === log) return true;
  const [state, { sessions }] = [stateOf(image), stateOf(log)];
  if (![...state.sessions.values()].some(({ slots }) => slots.some(({ looked }) => looked))) return false;
  const apart = [...state.sessions].map(([id, session]): [string, Session] => {
    const slots = session.slots.map((slot, at) => (slot.looked ? (sessions.get(id)?.slots[at] ?? slot) : slot));
    return [id, { ...session, slots }];
  });
  return images.numberOf({ ...state, sessions: new Map(apart) }) === log;
}

function keepsSessions(view: WorldView): string | undefined {
  const client = clientsOf(view).findIndex(({ misjudged }, number) => misjudged !== '' && isThere(view, number));
  return client === -1 ? undefined : `${clientIds[client]}: ${clientOf(view, client).misjudged}`;
}

function areEqual(view: WorldView): string | undefined {
  if (!isSettled(view)) return undefined;
  const { image } = logOf(view);
  const other = headsOf(view).findIndex((head) => head.serving && !isEqual(head.image, image));
  return other === -1 ? undefined : `head ${other} has applied everything, and has another state than the log`;
}

/** Who was expired had not been heard of by any head for a lease, but for those that had given it up and ask it back. */
function keepsLeases(view: WorldView): string | undefined {
  for (const [client, id] of clientIds.entries()) {
    if (isThere(view, client) || clientOf(view, client).leaves) continue;
    for (const [head, { serving }] of headsOf(view).entries()) {
      const left = leasesOf(view, head).left.get(id) ?? 0;
      if (serving && left > 0) return `${id} was expired, and head ${head} had heard of it within a lease`;
    }
  }
  return undefined;
}

/** Nobody waits for ever, and a client that keeps renewing is not shut out. */
const everybodyIsAnswered = (view: WorldView): boolean => isQuiet(view);

/** Something that must be reached, so that no proof is empty. */
function reached({
  hasLeases = false,
  delegates = false,
  menus: [menu, others],
  grace,
}: NfsScenario): Property<WorldView>[] {
  const answered = (status: string): Property<WorldView> =>
    sometimes<WorldView>(`somebody will be told ${status}`, (view) =>
      headsOf(view).some(({ pending }) => pending.some(({ reply }) => reply.status === status)),
    );
  const found = [answered('OK')];
  if (!delegates && [menu, others].every((acts) => acts.some(({ kind }) => kind === 'open')))
    found.push(answered('SHARE_DENIED'));
  if (menu.some(({ kind }) => kind === 'skip')) {
    const isCorrected = (view: WorldView): boolean => clientsOf(view).some((client) => client.isCorrected);
    found.push(sometimes('somebody skips a number and is told so', isCorrected));
  }
  if (menu.some(({ kind }) => kind === 'lock')) found.push(answered('DENIED'));
  const isLayout = menu.some(({ kind }) => kind === 'get-layout');
  if (isLayout) {
    found.push(sometimes<WorldView>('somebody is alone', (view) => clientsOf(view).some(({ alone }) => alone)));
  } else if (delegates) {
    found.push(
      sometimes<WorldView>('somebody is delegated', (view) => clientsOf(view).some(({ delegation }) => delegation)),
    );
    found.push(answered('DELAY'));
  }
  if (grace !== undefined) found.push(answered('GRACE'), answered('NO_GRACE'));
  if (hasLeases) {
    found.push(sometimes<WorldView>('somebody is expired', (view) => !isThere(view, 0)));
  }
  return found;
}

export const nfsProperties = (scenario: NfsScenario): readonly Property<WorldView>[] => [
  always('grants exclude each other', excludeEachOther),
  always('what was granted is not lost', losesNothing),
  always('no head serves what was taken away', servesNoOneWrongly),
  always('no head serves a layout that is gone', servesNoLayoutWrongly),
  always('requests are carried out once', happensOnce),
  ...(scenario.minor === 1
    ? [always('who keeps to the order of slots is served, and nobody else', keepsSessions)]
    : []),
  always('heads that have applied everything have the state of the log', areEqual),
  ...(scenario.grace !== undefined ? [always('the grace period is kept', keepsToGrace)] : []),
  ...(scenario.hasLeases === true ? [always('leases are kept', keepsLeases)] : []),
  canFinish('everybody is answered', everybodyIsAnswered),
  ...reached(scenario),
];
