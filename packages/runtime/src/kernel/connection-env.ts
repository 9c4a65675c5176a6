import type { ConnectionRules } from './connection-rules.ts';
import type { LinkId } from './session-types.ts';

export interface ConnectionTimings {
  /** First back-off; doubles up to the maximum. A host adds jitter. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /** Cadence of reads while there is no version in common. */
  readonly incompatibleMs: number;
  /** How long a stage waits for the peer before it looks at the peer's page again. */
  readonly waitMs: number;
  /** Cadence of looks at the peer's page while a session is open: a peer that left without a word is found out. */
  readonly keepMs: number;
}

export interface ConnectionEnv {
  readonly versionMin: number;
  readonly versionMax: number;
  /** Links this side can use towards the peer, preferred first. */
  readonly links: readonly LinkId[];
  readonly retriesMax: number;
  /** Attempts in a row that may fail before a sign of the peer no longer cuts a back-off short. */
  readonly hurriesMax: number;
  readonly timings: ConnectionTimings;
  readonly rules: ConnectionRules;
}
