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
export { connectionSuite } from './connection-suite.ts';
export { sessionSuite } from './session-suite.ts';
