import { expect, test } from 'vitest';
import { figure } from '../../src/harness/figure.ts';
import type { Result } from '../../src/harness/result.ts';
import { markdownTable, table } from '../../src/harness/table.ts';

const result: Result = {
  area: 'runtime',
  question: 'rpc',
  ours: 1_234_567,
  peer: 12_345,
  peerName: 'piscina',
  ratio: 100.004,
  unit: 'calls/s',
  goal: 'at least 8x',
  met: true,
  runs: 7,
  host: 'a machine',
  oursCpuNs: 812.4,
  peerCpuNs: null,
  oursRounds: [1_234_567],
  peerRounds: [12_345],
  details: {},
};

test('figures have three significant digits', () => {
  expect([0, 0.01234, 1.2345, 12.345, 123.45, 1234, 9996, 12_345, 1_234_567, null].map(figure)).toEqual([
    '0',
    '0.012',
    '1.23',
    '12.3',
    '123',
    '1234',
    '10.0 k',
    '12.3 k',
    '1.23 M',
    '-',
  ]);
});

test('columns line up under their titles', () => {
  const [titles = '', , row = ''] = table([result]).split('\n');
  for (const [title, cell] of [
    ['ours', '1.23 M'],
    ['against', 'piscina'],
    ['ratio', '100x'],
    ['met', 'yes'],
  ] as const) {
    expect(row.startsWith(cell, titles.indexOf(title)), title).toBe(true);
  }
});

test('a gap is named below the table, once', () => {
  const gap: Result = { ...result, peer: null, ratio: null, met: null, note: 'not installed: piscina' };
  const text = table([gap, gap]);
  expect(text.match(/rpc: not installed: piscina/g)).toHaveLength(1);
});

test('a goal that is not met catches the eye', () => {
  expect(table([{ ...result, met: false }])).toContain('NO');
});

test('Markdown has the same cells', () => {
  expect(markdownTable([result]).split('\n')[2]).toBe(
    '| rpc | 1.23 M | 12.3 k | calls/s | piscina | 100x | at least 8x | yes | 812 | - | 7 |',
  );
});
