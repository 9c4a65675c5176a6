import { expect, test } from 'vitest';
import { withResults } from '../../src/harness/document.ts';
import type { Result } from '../../src/harness/result.ts';

const result: Result = {
  area: 'runtime',
  question: 'rpc',
  ours: 2,
  peer: null,
  peerName: 'piscina',
  ratio: null,
  unit: 'calls/s',
  goal: 'report',
  met: null,
  runs: 1,
  host: 'a processor, 2 cores, load 0.3',
  oursCpuNs: null,
  peerCpuNs: null,
  oursRounds: [2],
  peerRounds: [],
  details: {},
  note: 'not installed: piscina',
};
const place = '<!-- results: written by bench --document -->old<!-- end of results -->';

test('replaces the old results, names the machine once with the range of its load, and keeps the rest', () => {
  const other = { ...result, host: 'a processor, 2 cores, load 1.5' };
  const text = withResults(`before\n${place}\nafter\n`, [result, other], '2026-01-01');
  expect(text).toMatch(/^before\n<!--.*after\n$/s);
  expect(text).toContain('2026-01-01: a processor, 2 cores; load average 0.3 to 1.5');
  expect(text).toContain('| rpc | 2.00 |');
  expect(text).toContain('- rpc: not installed: piscina');
  expect(text).not.toContain('old');
});

test('can be done again', () => {
  const once = withResults(place, [result], '2026-01-01');
  expect(withResults(once, [result], '2026-01-01')).toBe(once);
});

test('refuses a document without a place for them', () => {
  expect(() => withResults('nothing', [result], '2026-01-01')).toThrow(/no place/);
});
