import type { WorldView } from '@holdfast/simulation';
import type { PageSyncState, ServerNumber, Stability } from '../kernel/page-sync-types.ts';
import type { PageServersState, Refusal } from './page-servers.ts';

export const clientNode = 0;
export const serversNode = 1;

/** A small world of one client, one file and its servers. */
export interface PageSyncScenario {
  readonly name: string;
  readonly pages: number;
  readonly dataServers: number;
  /** How stable WRITEs are at the metadata server and at data servers. */
  readonly how: readonly [Stability, Stability];
  readonly commitsThroughMetadataServer?: boolean;
  /** Writes of the application, in order: the page, and whether it holds a lock. */
  readonly writes: readonly { readonly page: number; readonly locked?: boolean }[];
  readonly flushes: number;
  /** Pages that memory pressure may push out, once each. */
  readonly writeBacks?: readonly number[];
  /** The application cuts the file off there, once. */
  readonly truncatesAt?: number;
  /** Servers that may start again, and servers whose connection may break, once each. */
  readonly restarts?: readonly ServerNumber[];
  readonly losses?: readonly ServerNumber[];
  /** What may be refused, once each. */
  readonly refusals?: readonly Refusal[];
  readonly recalls?: number;
  readonly expiries?: number;
  readonly layoutErrorsMax?: number;
  readonly writesMax?: number;
  readonly commitPages?: number;
}

export const clientOf = (view: WorldView): PageSyncState => view.state<PageSyncState>(clientNode, 0);
export const serversOf = (view: WorldView): PageServersState => view.state<PageServersState>(serversNode, 0);

/** Nobody waits, and nothing is on its way. */
export function isAtRest(view: WorldView): boolean {
  const { flushes, truncation } = clientOf(view);
  return view.messagesInFlight === 0 && flushes.length === 0 && truncation === undefined;
}
