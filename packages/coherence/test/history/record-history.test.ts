import { recordHistory } from '@holdfast/coherence/history';
import { historyText } from '@holdfast/simulation';
import { expect, test } from 'vitest';

test('what four worker threads do to a container at once is linearizable', async () => {
  const seed = 17;
  const load = { nodes: 4, calls: 10_000, keys: 200, clientsPerNode: 4, hotEvery: 10, kills: 0, awayMs: 0, seed };
  const { report, errors, callsOnHotKey } = await recordHistory(load);
  expect(historyText(report), `seed ${seed}`).toContain('register: linearizable');
  expect(report.verdict).toBe('ok');
  expect(report.operations).toBeGreaterThanOrEqual(load.calls);
  expect(report.unknown).toBe(0);
  expect(report.concurrentMax).toBeGreaterThan(4);
  expect(report.concurrentMax).toBeLessThanOrEqual(16);
  expect(callsOnHotKey).toBeGreaterThan(500);
  expect(errors).toEqual({});
});

test('so it is when nodes die meanwhile and start again, with values that are lost and calls left open', async () => {
  const seed = 8;
  const load = { nodes: 3, calls: 4000, keys: 60, clientsPerNode: 4, hotEvery: 10, kills: 1, awayMs: 500, seed };
  const { report, kills } = await recordHistory(load);
  expect(historyText(report), `seed ${seed}`).toContain('register: linearizable');
  expect(kills).toBe(1);
  expect(report.unknown).toBeGreaterThan(0);
});
