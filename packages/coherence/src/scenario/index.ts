/**
 * Scenario files: the object kernel driven by hand, step by step. docs/scenarios.md has the format.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { parseScenario, runScenario } from '@holdfast/coherence/scenario';
 *
 * const scenario = parseScenario(`{"nodes":2}
 * {"call":"w1","node":1,"op":"write","value":"v1"}
 * {"deliver":"all"}
 * {"expect":{"node":1,"state":"WRITE_OWNER","value":"v1"}}`);
 * runScenario(scenario).passed; // true
 * ```
 */
export { scenarioBytesMax } from '../limits.ts';
export { ScenarioError } from './errors.ts';
export { parseScenario } from './parse-scenario.ts';
export type { DeliveryReport, NodeState, ObjectReport, ScenarioReport, StepReport } from './report.ts';
export { stepText } from './report-text.ts';
export { runScenario } from './run-scenario.ts';
export type { Scenario } from './scenario.ts';
