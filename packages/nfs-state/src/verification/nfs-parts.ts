import type { Request } from '../kernel/request.ts';
import type { Delta, Reply, StateKey } from '../kernel/state-types.ts';

/** The parts of the one node that is explored: everything between two calls happens at once. */
export const logPart = 0;
export const headPart = (head: number): number => 1 + head;
export const leasePart = (head: number): number => 3 + head;
export const mailPart = 5;
export const clientPart = (client: number): number => 6 + client;

export const headsCount = 2;
export const clientsCount = 2;

/** Clients by the ids they have in the state. */
export const clientIds = ['a', 'b'] as const;
export const fileId = 'f';

/** One request, however often it is sent. */
export interface SentRequest extends Request {
  readonly client: number;
  readonly call: number;
}

export interface ProposedRecord {
  readonly head: number;
  /** What the head knows it by. */
  readonly token: string;
  readonly deltas: readonly Delta[];
  readonly touches: readonly string[];
  readonly takesAway: boolean;
  /** It gives back what somebody had before the state was lost. */
  readonly reclaims: boolean;
  readonly reply: Reply;
}

/** Numbers that a request of a client may mint ids from, and the call of the request that minted one. */
export const firstMinted = (client: number, call: number): number => 4096 * (client + 1) + 8 * call;
export const mintedBy = (key: StateKey): number => (Number.parseInt(key.slice(12), 16) % 4096) >> 3;
