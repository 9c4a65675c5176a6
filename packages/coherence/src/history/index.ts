/**
 * Records what real threads do to a container, and says whether it is linearizable.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { recordHistory } from '@holdfast/coherence/history';
 * import { historyText } from '@holdfast/simulation';
 *
 * const load = { nodes: 4, calls: 10_000, keys: 100, clientsPerNode: 4, hotEvery: 10, kills: 0, awayMs: 0, seed: 1 };
 * console.log(historyText((await recordHistory(load)).report));
 * ```
 */
export { type HistoryLoad, type RecordedHistory, recordHistory } from './record-history.ts';
