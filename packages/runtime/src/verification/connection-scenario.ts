import type { FaultBudget, WorldView } from '@holdfast/simulation';
import type { ClientNeed, ConnectionState } from '../kernel/connection-types.ts';

export const regionPart = 0;
export const connectionPart = 1;
export const hostPart = 2;

/** A small world of two members that open and close a connection. */
export interface ConnectionScenario {
  readonly name: string;
  /** How often each node is told to connect. Restarted nodes must be told again. */
  readonly connects: readonly [number, number];
  readonly disconnects?: readonly [number, number];
  readonly faults?: FaultBudget;
  /** Version windows of the two nodes. */
  readonly versions?: readonly [readonly [number, number], readonly [number, number]];
  /** Version window of a node that has restarted. */
  readonly upgrade?: readonly [number, number];
  readonly links?: readonly [readonly number[], readonly number[]];
  readonly needs?: readonly [readonly ClientNeed[], readonly ClientNeed[]];
  /** Clients without memory for ports, by node. */
  readonly refused?: readonly [readonly number[], readonly number[]];
  /** Hosts answer when they like, not at once. */
  readonly slowHosts?: boolean;
  /** The end of a session that was told to end is reported later. */
  readonly reportsLate?: boolean;
  /** Members look at their inbox cells when they like, and miss contents that were overwritten before. */
  readonly slowLooks?: boolean;
  /** How often node 0's host has no memory for ports at all. Needs slow hosts. */
  readonly portFailures?: number;
  /** What the session of node 0 may do by itself, once each. */
  readonly sessionMay?: readonly ('retain' | 'end' | 'close')[];
  /** Operations that fail while their request or answer is still on its way. */
  readonly earlyFailures?: number;
  /** The view may tell node 0 once, at any time, that node 1 is dead. */
  readonly viewErrs?: boolean;
  /** `connect` may come though one came before. */
  readonly connectsAgain?: boolean;
  /** Failures remembered for the back-off; 0 keeps the state space small. Default 0. */
  readonly retriesMax?: number;
  /** The mistake of a restart that reuses the endpoint of the life before. */
  readonly reusesEndpoint?: boolean;
}

export const connectionOf = (view: WorldView, node: number): ConnectionState =>
  view.state<ConnectionState>(node, connectionPart);

const sessionStages: readonly string[] = ['open', 'retained', 'closing', 'ending'];

/** The clients were told of a session that has not ended yet. */
export const inSession = ({ stage }: ConnectionState): boolean => sessionStages.includes(stage);
