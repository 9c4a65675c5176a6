import type { MessagePort } from 'node:worker_threads';
import type { LoopKind } from '../control/config.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import type { MemberSlot } from '../member.ts';
import type { Extent } from '../memory/arena.ts';
import type { DirectoryEntry } from '../service/directory.ts';
import type { View } from './membership.ts';

/** What every thread of a cluster is given: the shared memory, and where in it the cluster's block lies. */
export interface SharedParts {
  readonly memory: WebAssembly.Memory;
  readonly block: Extent;
  readonly signals: SharedArrayBuffer;
}

/** `workerData` of the supervisor's thread. Its first message is the cluster's config, parsed while it started. */
export interface SupervisorBoot {
  readonly role: 'supervisor';
  readonly shared: SharedParts;
  /** The far end of the embedding thread's control plane. */
  readonly adminPort: MessagePort;
}

/** This side's ends of the wires to one incarnation of a peer. */
export interface PeerWires {
  readonly peer: MemberSlot;
  readonly incarnation: number;
  readonly ends: WireEnds;
}

/** What a member needs to become one. */
export interface MemberBoot {
  readonly shared: SharedParts;
  readonly slot: MemberSlot;
  readonly incarnation: number;
  readonly loop: LoopKind;
  /** The member's page range. */
  readonly range: Extent;
  readonly storage: string | undefined;
  readonly view: View;
  readonly directory: readonly DirectoryEntry[];
  readonly wires: readonly PeerWires[];
}

/** `workerData` of a node's thread. Its first message is the welcome: the thread starts before its place is decided. */
export interface NodeBoot {
  readonly role: 'node';
}

/** Workers of a cluster keep their `workerData` under this key, apart from anything else. */
export const bootKey = 'holdfast';
