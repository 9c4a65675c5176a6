import type { MessagePort } from 'node:worker_threads';
import type { DriverName } from '../interconnect/types.ts';
import type { MemberName } from '../member.ts';
import type { ServiceDiagnostics } from '../service/types.ts';
import type { View } from '../supervisor/membership.ts';
import type { Outcome } from './error-wire.ts';

export interface DeployRequest {
  readonly module: string;
  readonly on: readonly MemberName[];
  readonly options: unknown;
  readonly restart: { readonly max: number; readonly withinMs: number } | undefined;
}

/** A service as it was deployed. */
export interface DeploymentRecord {
  /** Names the deployment to {@link SupervisorApi.undeploy}; its instances have numbers of their own. */
  readonly id: number;
  readonly service: string;
  readonly nodes: readonly MemberName[];
}

export interface MemberDiagnostics {
  readonly name: MemberName;
  readonly incarnation: number;
  readonly responding: boolean;
  /** What the member says of itself; undefined when it does not respond. */
  readonly report: MemberReport | undefined;
}

/** A member's own figures. Counters run from its start. */
export interface MemberReport {
  /** Busy share of the event loop since the last report, 0 to 1. */
  readonly eventLoopUse: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly freePages: number;
  /** Calls accepted and not yet answered, over all services. */
  readonly mailboxDepth: number;
  readonly services: readonly ServiceDiagnostics[];
  /** Peers this member can talk to now. */
  readonly sessions: number;
  readonly framesSent: number;
  readonly failovers: number;
}

/** How a cluster ends: see `Cluster.drain`, `Cluster.close` and `Cluster.terminate`. */
export type CloseMode = 'drain' | 'close' | 'terminate';

/** What closing found. */
export interface CloseReport {
  /** Threads that did not end. */
  readonly stuck: readonly MemberName[];
  /** Whether every attached worker said that it let go of the cluster. */
  readonly left: boolean;
}

/**
 * The control plane: what the embedding thread can ask of the supervisor, over Comlink. Answers are outcomes, because
 * Comlink would strip a rejection of its code.
 */
export interface SupervisorApi {
  start(): Promise<Outcome<View>>;
  view(): Promise<Outcome<View>>;
  kill(name: MemberName): Promise<Outcome<void>>;
  restart(name: MemberName): Promise<Outcome<void>>;
  pause(name: MemberName): Promise<Outcome<void>>;
  resume(name: MemberName): Promise<Outcome<void>>;
  partition(groupA: readonly MemberName[], groupB: readonly MemberName[], oneWay: boolean): Promise<Outcome<void>>;
  heal(): Promise<Outcome<void>>;
  failLink(between: readonly [MemberName, MemberName], driver: DriverName): Promise<Outcome<void>>;
  deploy(request: DeployRequest): Promise<Outcome<DeploymentRecord>>;
  undeploy(id: number): Promise<Outcome<void>>;
  diagnostics(): Promise<Outcome<readonly MemberDiagnostics[]>>;
  /** @param port the control port of the worker that joins, transferred */
  attach(port: MessagePort): Promise<Outcome<MemberName>>;
  /** `mode` as in the three verbs; `graceMs` bounds what services get to finish. */
  close(mode: CloseMode, graceMs: number): Promise<Outcome<CloseReport>>;
}
