import type { SessionEnv } from '../kernel/session-env.ts';
import { sessionRules } from '../kernel/session-rules.ts';
import {
  acknowledgeEveryRecords,
  acknowledgeMs,
  closeRepeatMs,
  drainMs,
  linkFlapsMax,
  linkSteadyMs,
  probeMs,
  probeMsMax,
  retentionMs,
  retransmitMs,
  sessionWindowsRecords,
} from '../limits.ts';

/** What the session kernel of every pair runs with: both sides must use the same. */
export function sessionEnv(links: number): SessionEnv {
  return {
    links,
    windows: sessionWindowsRecords,
    acknowledgeEvery: acknowledgeEveryRecords,
    firstSequence: 0,
    // Limits, which run ahead by a window, must stay safe integers too.
    sequenceMax: Number.MAX_SAFE_INTEGER - Math.max(...sessionWindowsRecords),
    flapsMax: linkFlapsMax,
    timings: {
      acknowledgeMs,
      retransmitMs,
      retentionMs,
      drainMs,
      closeRepeatMs,
      probeMs,
      probeMsMax,
      steadyMs: linkSteadyMs,
    },
    rules: sessionRules,
  };
}
