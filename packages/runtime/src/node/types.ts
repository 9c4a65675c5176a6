import type { ChannelOf, ChannelOptions, ChannelSchema } from '../channel/types.ts';
import type { ComputeLane } from '../compute/types.ts';
import type { DeployOrder } from '../control/messages.ts';
import type { ClusterStore } from '../coord/types.ts';
import type { Exchange } from '../exchange/types.ts';
import type { MemberExtensions } from '../extensions.ts';
import type { MemberName, MemberSlot } from '../member.ts';
import type { PagePool } from '../memory/types.ts';
import type { ServiceDefinition } from '../service/define-service.ts';
import type {
  BroadcastProxy,
  CallOptions,
  DeployedService,
  ServiceClient,
  ServiceDiagnostics,
  ServiceMembers,
  ServiceProxy,
} from '../service/types.ts';
import type { View } from '../supervisor/membership.ts';

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a service, or a member of the cluster in general, can reach from its thread. */
export interface MemberContext extends MemberExtensions {
  readonly name: MemberName;
  readonly slot: MemberSlot;
  /** Rises with every restart of this slot, across processes too: persisted before first use. */
  readonly incarnation: number;
  /** Aborted when this member is told to stop. */
  readonly signal: AbortSignal;
  /** This member's own directory, when the cluster has storage and the member is a node. Created before use. */
  readonly storage: string | undefined;
  /** Lines appear as `log` events of the cluster. */
  readonly log: Log;
  readonly pages: PagePool;
  readonly exchange: Exchange;
  /** The view as this thread knows it. */
  readonly view: View;
  /** Be told of every later view, once this thread has dropped the sessions of those it lost. The function that ends it. */
  watchView(listener: (view: View) => void): () => void;
  /**
   * Say that this member takes part in something that members do together. A later view says so of it, until its
   * incarnation ends; all members see who takes part in the same order of views.
   */
  takePart(role: string): void;
  readonly compute: ComputeLane;
  /**
   * The cluster's coordination store, for facts that must outlive a node and be agreed on. It keeps them when the cluster
   * has storage. Its keys are the app's: the cluster's own facts are kept apart.
   */
  readonly coord: ClusterStore;
  service<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): ServiceProxy<M>;
  /** The members of a service called on every instance at once, each with its own outcome. */
  broadcast<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): BroadcastProxy<M>;
  /** One end of a channel to another member; it opens when that one connects under the same name. */
  connect<Schema extends ChannelSchema>(peer: MemberName, options: ChannelOptions<Schema>): ChannelOf<Schema>;
  /** Publish an event of this member on `cluster.events$`. Free when nobody listens. */
  emit(event: { readonly type: string } & Readonly<Record<string, unknown>>): void;
}

/** The services of one member: those it runs, and its way to those of others. Loaded when they are first needed. */
export interface LoadedServices {
  readonly client: ServiceClient;
  readonly context: MemberContext;
  deploy(order: DeployOrder): Promise<DeployedService>;
  undeploy(deploymentId: number): Promise<void>;
  report(): ServiceDiagnostics[];
  stop(mode: 'drain' | 'close'): Promise<void>;
}
