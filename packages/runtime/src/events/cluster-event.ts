import type { PeerLoss } from '../exchange/types.ts';
import type { LinkDownReason } from '../interconnect/types.ts';
import type { MemberName } from '../member.ts';

/**
 * Why a member is no longer there.
 * - `killed`: by `cluster.kill`
 * - `exited`: its thread ended by itself, by `process.exit` or because an attached worker left
 * - `failed`: an exception nobody caught, in it or in its boot
 * - `out-of-memory`: it went over its `resourceLimits`
 * - `hung`: its heartbeat stood still for `hangMs`, and the cluster was told to end such nodes
 * - `stuck`: its thread would not end; it is fenced
 * - `recycled`: ended on purpose with another one, by the strategy `all-for-one`, or by `escalate`
 * - `closed`: the cluster closed
 */
export type DeathCause = 'killed' | 'exited' | 'failed' | 'out-of-memory' | 'hung' | 'stuck' | 'recycled' | 'closed';

/** What an error said, in a form that crosses threads. */
export interface EventError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

/**
 * The events of a cluster by type. Other packages add theirs by declaration merging:
 * `declare module '@holdfast/runtime' { interface ClusterEventMap { 'owner-moved': { ... } } }`.
 */
export interface ClusterEventMap {
  'node-up': { readonly node: MemberName; readonly incarnation: number };
  'node-down': {
    readonly node: MemberName;
    readonly incarnation: number;
    readonly cause: DeathCause;
    readonly exitCode?: number;
    readonly error?: EventError;
  };
  /** Its heartbeat stands still. It is late, not dead. */
  'node-stalled': { readonly node: MemberName; readonly incarnation: number; readonly silentMs: number };
  'node-recovered': { readonly node: MemberName; readonly incarnation: number; readonly silentMs: number };
  /** Its thread would not end within `terminateMs`: fenced, its memory and files never used again while it lives. */
  'node-stuck': { readonly node: MemberName; readonly incarnation: number; readonly terminateMs: number };
  'node-restarting': { readonly node: MemberName; readonly restarts: number };
  /** A restart the supervisor owed could not be made. The node stays down. */
  'restart-failed': { readonly node: MemberName; readonly error: EventError };
  'node-paused': { readonly node: MemberName };
  'node-resumed': { readonly node: MemberName };
  /**
   * Restarts went over their limit. The limit of a deployment hands the node to the cluster's own policy; the limit of
   * the cluster ends every node.
   */
  escalated: {
    readonly node: MemberName;
    readonly scope: 'deployment' | 'cluster';
    readonly restarts: number;
    readonly withinMs: number;
  };
  /** The supervisor's thread ended, and every node with it. The last event of a cluster. */
  'supervisor-down': { readonly error: EventError };
  view: { readonly epoch: number; readonly up: readonly MemberName[] };
  /** `node`'s traffic towards `peer` moved from one link to another. */
  failover: { readonly node: MemberName; readonly peer: MemberName; readonly from: string; readonly to: string };
  /** `node` can talk to `peer` from now on. */
  'session-up': { readonly node: MemberName; readonly peer: MemberName };
  'session-down': { readonly node: MemberName; readonly peer: MemberName; readonly loss: PeerLoss };
  /**
   * A link of `node` towards `peer` went down; the session goes on over another, or waits for one. `killed`: by
   * `failLink`; `stalled`: it did not move while the peer ran; `peer`: the other end took it down or is gone; `corrupt`:
   * something was read from it that cannot be right. May come before the `session-down` of
   * a peer that ends.
   */
  'link-down': {
    readonly node: MemberName;
    readonly peer: MemberName;
    readonly driver: string;
    readonly cause: LinkDownReason;
  };
  /** A link that was down carries again. The links a session begins with are not reported. */
  'link-up': { readonly node: MemberName; readonly peer: MemberName; readonly driver: string };
  partitioned: {
    readonly groupA: readonly MemberName[];
    readonly groupB: readonly MemberName[];
    readonly oneWay: boolean;
  };
  healed: Record<never, never>;
  deployed: { readonly service: string; readonly node: MemberName; readonly deploymentId: number };
  undeployed: { readonly service: string; readonly node: MemberName; readonly deploymentId: number };
  /** A service could not be brought back on a node that restarted. */
  'deploy-failed': { readonly service: string; readonly node: MemberName; readonly error: EventError };
  'lane-job': {
    readonly node: MemberName;
    readonly job: number;
    readonly state: 'started' | 'finished' | 'failed' | 'aborted';
    readonly pages: number;
  };
  log: {
    readonly node: MemberName;
    readonly level: 'info' | 'warn' | 'error';
    readonly message: string;
    readonly fields?: Readonly<Record<string, unknown>>;
  };
  /** A subscriber of `events$` threw. The others, and this one's next events, are not touched. */
  'subscriber-failed': { readonly error: EventError };
  /** More events than a thread may publish in one turn; this many are missing. */
  'events-dropped': { readonly node: MemberName; readonly count: number };
}

export type ClusterEventType = keyof ClusterEventMap;

/** One thing that happened. `at` is wall-clock time in milliseconds where it happened. */
export type ClusterEvent = {
  readonly [Type in ClusterEventType]: { readonly type: Type; readonly at: number } & ClusterEventMap[Type];
}[ClusterEventType];

/** An event as a member publishes it, typed or of a type its package adds. */
export type PublishedEvent = { readonly type: string; readonly at: number } & Readonly<Record<string, unknown>>;

export function describeError(error: unknown): EventError {
  if (!(error instanceof Error)) return { name: 'Thrown', message: String(error) };
  const { name, message, stack } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { name, message, ...(code === undefined ? {} : { code }), ...(stack === undefined ? {} : { stack }) };
}
