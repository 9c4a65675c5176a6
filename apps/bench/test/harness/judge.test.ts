import { expect, test } from 'vitest';
import type { Rounds } from '../../src/harness/interleave.ts';
import { judge } from '../../src/harness/judge.ts';
import type { Contender, Question, Sample, Verdict } from '../../src/harness/question.ts';
import { Report, type Result } from '../../src/harness/result.ts';

const contender = (name: string): Contender => ({ name, round: async () => ({ value: 0 }) });
const samples = (...values: number[]): Rounds => ({ samples: values.map((value) => ({ value, cpuNs: value * 10 })) });

function ask(
  verdict: Verdict,
  rounds: Readonly<Record<string, Rounds>>,
  better: Question['better'] = 'higher',
): Result {
  const [ours = '', ...peers] = Object.keys(rounds);
  const question: Question = {
    name: 'question',
    unit: 'calls/s',
    better,
    ours: contender(ours),
    peers: peers.map(contender),
    verdicts: [verdict],
  };
  return judge('area', question, new Map(Object.entries(rounds)), 'host')[0] as Result;
}

test('the ratio is the median of the ratios of each round, not the ratio of the medians', () => {
  const result = ask(
    { measure: 'ratio', against: ['peer'], min: 4 },
    { ours: samples(10, 100, 30), peer: samples(1, 50, 10) },
  );
  expect(result).toMatchObject({
    ours: 30,
    peer: 10,
    peerName: 'peer',
    ratio: 3,
    goal: 'at least 4x',
    met: false,
    runs: 3,
  });
});

test('compares with the best peer, which depends on what is better', () => {
  const rounds = { ours: samples(6), slow: samples(2), fast: samples(3) };
  expect(ask({ measure: 'ratio', against: ['slow', 'fast'], min: 2 }, rounds)).toMatchObject({
    peerName: 'fast',
    ratio: 2,
    met: true,
  });
  expect(ask({ measure: 'ratio', against: ['slow', 'fast'], max: 2 }, rounds, 'lower')).toMatchObject({
    peerName: 'slow',
    ratio: 3,
    met: false,
  });
});

test('a CPU goal compares CPU time per operation', () => {
  const ours: readonly Sample[] = [{ value: 1, cpuNs: 300 }];
  const peer: readonly Sample[] = [{ value: 9, cpuNs: 200 }];
  const result = ask(
    { measure: 'cpu', against: ['peer'], max: 1.5 },
    { ours: { samples: ours }, peer: { samples: peer } },
  );
  expect(result).toMatchObject({ ratio: 1.5, met: true, goal: 'at most 1.5x CPU', oursCpuNs: 300, peerCpuNs: 200 });
});

test('an absolute goal needs no peer', () => {
  const result = ask({ measure: 'value', against: [], max: 5 }, { ours: samples(4, 6, 5) }, 'lower');
  expect(result).toMatchObject({
    ours: 5,
    peer: null,
    peerName: null,
    ratio: null,
    goal: 'at most 5 calls/s',
    met: true,
  });
});

test('without a bound there is nothing to meet', () => {
  const result = ask({ measure: 'ratio', against: ['peer'] }, { ours: samples(4), peer: samples(2) });
  expect(result).toMatchObject({ ratio: 2, goal: 'report', met: null });
});

test('a missing peer decides nothing and says why; what we cannot measure ourselves is not met', () => {
  const verdict: Verdict = { measure: 'ratio', against: ['peer'], min: 1 };
  const gap: Rounds = { samples: [], gap: 'not installed: peer' };
  expect(ask(verdict, { ours: samples(1), peer: gap })).toMatchObject({ ratio: null, met: null, note: gap.gap });
  expect(ask(verdict, { ours: { samples: [], gap: 'failed: x' }, peer: samples(1) })).toMatchObject({
    ours: null,
    met: false,
    note: 'failed: x',
  });
});

test('a peer that is missing beside one that is there does not hide the comparison', () => {
  const gap: Rounds = { samples: [], gap: 'not installed: other' };
  const verdict: Verdict = { measure: 'ratio', against: ['other', 'peer'], min: 1 };
  expect(ask(verdict, { ours: samples(4), other: gap, peer: samples(2) })).toMatchObject({
    peerName: 'peer',
    ratio: 2,
  });
});

test('what it says fits the report and survives JSON', () => {
  const result = ask({ measure: 'ratio', against: ['peer'], min: 4 }, { ours: samples(8), peer: samples(1) });
  const report = Report.parse(JSON.parse(JSON.stringify([result])));
  expect(report).toEqual([result]);
});

test('a difference is in the unit, and a detail may be judged in place of the value', () => {
  const ours: Rounds = { samples: [{ value: 12, details: { held: 3 } }] };
  const peer: Rounds = { samples: [{ value: 9 }] };
  expect(ask({ measure: 'difference', against: ['peer'], max: 5 }, { ours, peer }, 'lower')).toMatchObject({
    ours: 12,
    peer: 9,
    ratio: null,
    goal: 'at most 5 calls/s more',
    met: true,
  });
  expect(
    ask({ measure: 'value', detail: 'held', unit: 'pages', against: [], max: 2 }, { ours, peer }, 'lower'),
  ).toMatchObject({
    question: 'question: held',
    ours: 3,
    unit: 'pages',
    goal: 'at most 2 pages',
    met: false,
  });
});
