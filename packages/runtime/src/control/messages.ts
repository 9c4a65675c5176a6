import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import type { PageRun } from '../compute/types.ts';
import type { StoreAnswer, StoreRequest } from '../coord/store-calls.ts';
import type { PublishedEvent } from '../events/cluster-event.ts';
import type { DriverName } from '../interconnect/types.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { MemberSlot } from '../member.ts';
import type { DirectoryEntry } from '../service/directory.ts';
import type { MemberBoot } from '../supervisor/boot-data.ts';
import type { View } from '../supervisor/membership.ts';
import type { Outcome } from './error-wire.ts';

/** A member that is no longer in the view; its session must end before its place is used again. */
export interface LostMember {
  readonly slot: MemberSlot;
  readonly incarnation: number;
  readonly loss: 'dead' | 'fenced' | 'closed';
}

export interface DeployOrder {
  readonly deploymentId: number;
  readonly module: string;
  readonly options: unknown;
}

export interface LaneOrder {
  readonly job: number;
  readonly module: string;
  readonly pages: readonly PageRun[];
  readonly argument: unknown;
}

/** What the supervisor tells a member. Plain data over a port, so that no member loads a library for it. */
export type ToMember =
  /** The first message to a member whose thread the cluster did not start. */
  | { readonly type: 'welcome'; readonly boot: MemberBoot }
  | { readonly type: 'wires'; readonly peer: MemberSlot; readonly incarnation: number; readonly ends: WireEnds }
  /** Answered by `view-ack` once the sessions of all that are lost have ended. */
  | { readonly type: 'view'; readonly view: View; readonly lost: readonly LostMember[] }
  /** Answered by `directory-ack`. */
  | { readonly type: 'directory'; readonly version: number; readonly entries: readonly DirectoryEntry[] }
  | { readonly type: 'deploy'; readonly request: number; readonly order: DeployOrder }
  | { readonly type: 'undeploy'; readonly request: number; readonly deploymentId: number }
  | { readonly type: 'diagnose'; readonly request: number }
  /**
   * End the services. `drain`: take no new calls, let accepted ones finish, close sessions in order. `close`: run the
   * services' dispose hooks, and drop the rest.
   */
  | { readonly type: 'stop'; readonly request: number; readonly mode: 'drain' | 'close' }
  | { readonly type: 'pause'; readonly pause: number }
  /** Take one link down, as if it had failed. */
  | { readonly type: 'fail-link'; readonly request: number; readonly peer: MemberSlot; readonly driver: DriverName }
  | ({ readonly type: 'stored' } & StoreAnswer)
  /** To the embedding thread only. */
  | { readonly type: 'events'; readonly events: readonly PublishedEvent[]; readonly dropped: number }
  | { readonly type: 'lane-settled'; readonly job: number; readonly outcome: Outcome<unknown> };

/** What a member tells the supervisor. */
export type FromMember =
  /** It can take wires and messages. */
  | { readonly type: 'booted' }
  | { readonly type: 'boot-failed'; readonly outcome: Outcome<never> }
  | { readonly type: 'peer-ready'; readonly peer: MemberSlot }
  | { readonly type: 'want-wires'; readonly peer: MemberSlot }
  | { readonly type: 'view-ack'; readonly epoch: number }
  | { readonly type: 'take-part'; readonly role: string }
  | { readonly type: 'directory-ack'; readonly version: number }
  | { readonly type: 'answer'; readonly request: number; readonly outcome: Outcome<unknown> }
  /** The last word before it stands still. */
  | { readonly type: 'paused'; readonly pause: number }
  | { readonly type: 'lane-run'; readonly order: LaneOrder }
  | { readonly type: 'lane-abort'; readonly job: number }
  /** A call of the coordination store; answered by `stored`. */
  | ({ readonly type: 'store' } & StoreRequest)
  | { readonly type: 'events'; readonly events: readonly PublishedEvent[]; readonly dropped: number }
  /** An attached worker goes of its own will. */
  | { readonly type: 'leave' };

/** A port, a worker, or a worker's parent port: all carry control messages the same way. */
export interface ControlPort<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  receive(handler: (message: In) => void): void;
}

export function controlPort<Out, In>(port: MessagePort | Worker): ControlPort<Out, In> {
  return {
    post: (message, transfer) => port.postMessage(message, transfer ?? []),
    receive: (handler) => {
      port.on('message', handler);
    },
  };
}
