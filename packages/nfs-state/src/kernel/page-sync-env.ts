import type { PageSyncRules } from './page-sync-rules.ts';
import type { Stripes } from './page-sync-types.ts';

export interface PageSyncEnv {
  /** Data servers, numbered from 1. 0: the client never asks for a layout. */
  readonly dataServers: number;
  /** Pages are striped over data servers. May change when nothing is held under a layout. */
  readonly stripes: Stripes;
  /** COMMIT goes to the metadata server, which then knows of the data as well (NFL4_UFLG_COMMIT_THRU_MDS). */
  readonly commitsThroughMetadataServer: boolean;
  /** Layouts given up because a data server failed, after which no more are asked for. */
  readonly layoutErrorsMax: number;
  /** Times a COMMIT is sent again because the server asked for patience. */
  readonly commitRetriesMax: number;
  /** WRITEs outstanding at a time. More wait. */
  readonly writesMax: number;
  /** Pages written to one server that make a COMMIT due although more are on their way. */
  readonly commitPages: number;
  /** How long LAYOUTGET is not tried after the server said `later`. */
  readonly suspendMs: number;
  /** How long the metadata server is left alone after it asked for patience. */
  readonly restMs: number;
  readonly rules: PageSyncRules;
}
