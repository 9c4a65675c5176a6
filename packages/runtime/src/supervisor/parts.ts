import type { ClusterConfig } from '../control/config.ts';
import type { EventOutbox } from '../events/event-outbox.ts';
import type { Arena } from '../memory/arena.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import type { ClusterSignals } from '../node/signals.ts';
import type { SharedParts } from './boot-data.ts';
import type { Broker } from './broker.ts';
import type { Ledger } from './ledger.ts';
import type { MemberRequests } from './member-requests.ts';
import type { Roster } from './roster.ts';

/** What the parts of a supervisor share. */
export interface SupervisorParts {
  readonly config: ClusterConfig;
  readonly shared: SharedParts;
  readonly arena: Arena;
  readonly block: ClusterBlock;
  readonly signals: ClusterSignals;
  readonly outbox: EventOutbox;
  readonly ledger: Ledger;
  readonly roster: Roster;
  readonly broker: Broker;
  readonly requests: MemberRequests;
}
