/**
 * The kernels of the runtime under the explorer and the simulator: configurations, properties, seeded bugs.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { connectionSuite, sessionSuite } from '@holdfast/runtime/verification';
 * import { exploreText, runExplore, runSim, simText } from '@holdfast/simulation';
 *
 * console.log(exploreText(runExplore(sessionSuite, { skipMutants: true })));
 * console.log(simText(runSim(connectionSuite, { seed: 7, runs: 10 })));
 * ```
 */

export type { SessionEnv } from '../kernel/session-env.ts';
// Sessions and their links, for those who stack kernels of their own on them.
export { sessionKernel } from '../kernel/session-kernel.ts';
export { type SessionRules, sessionRules } from '../kernel/session-rules.ts';
export type { SessionEvent, SessionFrame, SessionNotice, SessionState } from '../kernel/session-types.ts';
export { connectionSuite } from './connection-suite.ts';
export { type LinkEndsEvent, linkEnds } from './link-ends.ts';
export { type OverSessions, overSessions, sessionEnv } from './over-sessions.ts';
export {
  type LineBody,
  type LineEvent,
  type LineMistake,
  type LineNotice,
  type LineState,
  lineKernel,
  readPlain,
  writePlain,
} from './session-line.ts';
export { sessionSuite } from './session-suite.ts';
