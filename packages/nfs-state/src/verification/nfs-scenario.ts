import type { WorldView } from '@holdfast/simulation';
import type { LeaseState } from '../kernel/lease-types.ts';
import { applyDelta, emptyNfsState } from '../kernel/state-deltas.ts';
import type { Client, MinorVersion, NfsState, Stateid } from '../kernel/state-types.ts';
import { mintKey } from '../kernel/stateids.ts';
import type { HeadState } from './abstract-head-types.ts';
import type { LogState } from './abstract-log.ts';
import type { MailState } from './lease-mail.ts';
import type { Act, ClientState } from './nfs-client.ts';
import {
  clientIds,
  clientPart,
  clientsCount,
  fileId,
  firstMinted,
  headPart,
  headsCount,
  leasePart,
  logPart,
  mailPart,
} from './nfs-parts.ts';
import { images } from './plain-states.ts';

/** A small world of two clients of one file at two heads. */
export interface NfsScenario {
  readonly name: string;
  readonly minor: MinorVersion;
  /** What each client may ask for, and how often in all. */
  readonly menus: readonly [readonly Act[], readonly Act[]];
  readonly acts: number;
  /** Clients begin with the file opened for reading and writing. */
  readonly startsOpen?: boolean;
  /** Requests of the first client that are sent to the other head too. */
  readonly repeats?: number;
  /** The first client turns to the other head when it likes. */
  readonly roams?: boolean;
  readonly kills?: number;
  readonly restarts?: number;
  /** Times a head is cut off from the log and the other head, until its right to serve is over and longer. */
  readonly cuts?: number;
  /** Leases run out, at any moment. */
  readonly hasLeases?: boolean;
  /** Heads tell each other of renewals, which come late or never. */
  readonly spreadsRenewals?: boolean;
  /** Clients are delegated what they may be, and asked for it, and it is taken from them at any moment then. */
  readonly delegates?: boolean;
  /** All state was lost: the clients that may reclaim. */
  readonly grace?: readonly string[];
  /** Each head may do nothing for a while. */
  readonly pauses?: number;
}

const everyHead = Array.from({ length: headsCount }, (_, head) => head);
const everyClient = Array.from({ length: clientsCount }, (_, client) => client);

export const logOf = (view: WorldView): LogState => view.state<LogState>(0, logPart);
export const headsOf = (view: WorldView): HeadState[] => everyHead.map((head) => headOf(view, head));
export const headOf = (view: WorldView, head: number): HeadState => view.state<HeadState>(0, headPart(head));
export const leasesOf = (view: WorldView, head: number): LeaseState => view.state<LeaseState>(0, leasePart(head));
export const mailOf = (view: WorldView): MailState => view.state<MailState>(0, mailPart);
export const clientsOf = (view: WorldView): ClientState[] => everyClient.map((client) => clientOf(view, client));
export const clientOf = (view: WorldView, client: number): ClientState =>
  view.state<ClientState>(0, clientPart(client));
export const stateOf = (image: number): NfsState => images.stateOf(image);

/** The open a client begins with. */
export const firstOpen = (client: number): Stateid => ({
  key: mintKey({ epoch: 1, node: 0, next: () => BigInt(firstMinted(client, 0)) }),
  seqid: 1,
});

/** Clients and owners that are confirmed. */
export function initialState({ minor, startsOpen = false, grace }: NfsScenario): NfsState {
  const state = emptyNfsState();
  applyDelta(state, { type: 'leases-restarted', restarts: 1 });
  if (grace !== undefined) applyDelta(state, { type: 'grace', epoch: 2, clients: grace });
  for (const [number, id] of clientIds.entries()) {
    const names = { name: id, verifier: '1', principal: 'p', callback: '', confirm: '' };
    const client: Client = {
      id,
      minor,
      ...names,
      created: 1,
      createdReply: undefined,
      reclaimed: grace === undefined,
      kept: 0,
    };
    applyDelta(state, { type: 'client-confirmed', client });
    if (minor === 0) {
      const is = { seqid: 0, confirmed: true, kept: undefined };
      applyDelta(state, { type: 'open-owner', client: id, owner: 'o', is });
    } else {
      const slots = [{ seqid: 0, digest: '', reply: undefined }];
      applyDelta(state, { type: 'session', session: { id: `s${id}`, client: id, servedBy: `${number}.0`, slots } });
    }
    if (!startsOpen) continue;
    const share = { access: 3, deny: 0, pairs: [12] };
    applyDelta(state, { type: 'open', open: { ...firstOpen(number), client: id, owner: 'o', file: fileId, ...share } });
  }
  return state;
}

/** Whether a request is under way at a head that will answer it. */
export function isUnderWay(view: WorldView, client: number): boolean {
  const call = clientOf(view, client).out?.request.call;
  const token = `${clientIds[client]}${call}`;
  return headsOf(view).some(({ pending }) => pending.some((each) => each.token === token && !each.unwanted));
}

/** Nobody waits, and every head has applied everything. */
export const isQuiet = (view: WorldView): boolean =>
  clientsOf(view).every(({ out }) => out === null) && isSettled(view);

export const isSettled = (view: WorldView): boolean =>
  logOf(view).tail.length === 0 && headsOf(view).every(({ pending }) => pending.length === 0);
