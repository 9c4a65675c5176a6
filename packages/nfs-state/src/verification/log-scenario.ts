import type { FaultBudget, WorldView } from '@holdfast/simulation';
import type { LogState } from '../kernel/log-types.ts';
import type { LockAsk } from './log-locks.ts';
import type { LogGhost } from './log-monitor.ts';
import type { ShelfState } from './log-shelf.ts';

/** Some heads, a log, and what clients ask of them. */
export interface LogScenario {
  readonly name: string;
  readonly heads: number;
  readonly clients: number;
  /** What is asked, where, and how often there. */
  readonly asks: readonly {
    readonly ask: LockAsk;
    readonly at: readonly number[];
    readonly times?: number | 'unlimited';
  }[];
  /** The head appointed in each epoch, one after the other. */
  readonly appointments: readonly number[];
  /** Clients ask heads that do not serve yet, too. */
  readonly early?: boolean;
  readonly faults?: FaultBudget;
  /** Heads that may be out of touch for too long, once each. */
  readonly lapses?: readonly number[];
  /** Appends that fail, for all that the appender can tell. */
  readonly failures?: number;
  /** Claims or reads that fail. */
  readonly refusals?: number;
  /** What has not landed may be read. */
  readonly shows?: boolean;
  /** Appenders wait for more records before they close a batch, for as long as they like. */
  readonly gathers?: boolean;
  readonly batchRecordsMax?: number;
  readonly touchedKeysMax?: number;
  readonly snapshotRecords?: number;
}

export const shelfNode = ({ heads }: LogScenario): number => heads;
export const headsOf = ({ heads }: LogScenario): number[] => Array.from({ length: heads }, (_, head) => head);

export const logOf = (view: WorldView, head: number): LogState => view.state<LogState>(head, 0);
export const shelfOf = (view: WorldView, scenario: LogScenario): ShelfState =>
  view.state<ShelfState>(shelfNode(scenario), 0);
export const ghostOf = (view: WorldView): LogGhost => view.monitor<LogGhost>(0);

/** The first life of a node is 1. */
export const lifeOf = (incarnation: number): number => incarnation + 1;

/** A client asks for a turn once it was given the one before. */
export function isItsTurn(view: WorldView, { asks }: LogScenario, call: number): boolean {
  const { ask } = asks[call]!;
  if (ask.kind !== 'lock' && ask.kind !== 'unlock') return true;
  const { done } = ghostOf(view);
  const before = asks.findIndex(
    ({ ask: other }) => 'turn' in other && other.client === ask.client && other.turn === ask.turn - 1,
  );
  return !done.includes(call) && (before === -1 || done.includes(before));
}
